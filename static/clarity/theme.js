// Runs before the page is painted: the colours someone chose here, else those of their system.
(function () {
  "use strict";
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  function chosen() {
    try { return localStorage.getItem("clarity-theme"); } catch (blocked) { return null; }
  }
  function show() {
    const theme = chosen() || (dark.matches ? "dark" : "light");
    root.setAttribute("data-bs-theme", theme);
    const button = document.querySelector("[data-theme-toggle]");
    if (button) button.setAttribute("aria-pressed", String(theme === "dark"));
  }
  show();
  dark.addEventListener("change", show);
  document.addEventListener("DOMContentLoaded", show);
  document.addEventListener("click", function (event) {
    if (!event.target.closest("[data-theme-toggle]")) return;
    const next = root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
    try { localStorage.setItem("clarity-theme", next); } catch (blocked) { /* only this page then */ }
    root.setAttribute("data-bs-theme", next);
    event.target.closest("[data-theme-toggle]").setAttribute("aria-pressed", String(next === "dark"));
  });
})();
