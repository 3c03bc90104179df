// uPlot formats numbers in the browser's language and ends when its name is none that the browser
// itself knows, as "en-US@posix" of a browser without a screen.
(function () {
  "use strict";
  try { new Intl.NumberFormat(navigator.language); } catch (unknown) {
    Object.defineProperty(navigator, "language", { value: "en-US" });
  }
})();
