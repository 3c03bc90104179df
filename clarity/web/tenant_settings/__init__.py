"""Settings of an account, its connections and its pairs; its data, taken along or erased."""
