"""How a merchant changes which value goes where: rules, tables, drafts and versions."""
