// Keeps a live page fresh while someone looks at it, and counts the seconds of "… ago".
(function () {
  "use strict";
  const state = document.getElementById("live-state");
  const shown = new Map();  // panel id -> the answer it shows
  const asked = new Map();  // panel id -> when it was asked last
  let paused = false;
  let lost = false;

  function ago(seconds) {
    if (seconds < 5) return "just now";
    if (seconds < 60) return Math.floor(seconds) + " s ago";
    if (seconds < 3600) return Math.floor(seconds / 60) + " min ago";
    if (seconds < 86400) return Math.floor(seconds / 3600) + " h ago";
    return Math.floor(seconds / 86400) + " d ago";
  }

  function tellTimes(root) {
    const now = Date.now();
    root.querySelectorAll("time[data-ago]").forEach(function (time) {
      const said = ago(Math.max(0, (now - Date.parse(time.dateTime)) / 1000));
      if (time.textContent !== said) time.textContent = said;
    });
  }

  tellTimes(document);
  setInterval(function () { tellTimes(document); }, 1000);
  if (!state || !window.htmx) return;

  const word = state.querySelector("[data-live-word]");
  const button = state.querySelector("[data-pause]");

  function say() {
    const now = paused ? "paused" : lost ? "lost" : "live";
    if (state.dataset.state === now) return;
    state.dataset.state = now;
    word.textContent = {
      live: state.dataset.said || "Live, renewed every 2 s",
      paused: "Paused",
      lost: "No answer, trying again",
    }[now];
    button.setAttribute("aria-pressed", String(paused));
    button.querySelector("span").textContent = paused ? "Go on" : "Pause";
    const use = button.querySelector("use");
    use.setAttribute("href", use.getAttribute("href").replace(/#.*/, paused ? "#play" : "#pause"));
  }

  function refresh(panel) {
    asked.set(panel.id, Date.now());
    htmx.trigger(panel, "refresh");
  }

  setInterval(function () {
    if (paused || document.hidden) return;
    document.querySelectorAll("[data-poll]").forEach(function (panel) {
      const busy = panel.classList.contains("htmx-request");
      const wait = Number(panel.dataset.poll) * 1000 - 100;
      if (!busy && Date.now() - (asked.get(panel.id) || 0) >= wait) refresh(panel);
    });
  }, 500);

  button.addEventListener("click", function () { paused = !paused; say(); });
  document.addEventListener("visibilitychange", function () {
    if (!document.hidden && !paused) document.querySelectorAll("[data-poll]").forEach(refresh);
  });

  // A filter changes its panel at once, from its first page.
  let soon = 0;
  function filtered(event) {
    const form = event.target.closest("[data-filter]");
    if (!form) return;
    const panel = document.getElementById(form.dataset.filter);
    const page = document.getElementById("stock-page");
    if (page && form.dataset.filter === "stock") page.value = "1";
    clearTimeout(soon);
    soon = setTimeout(function () { refresh(panel); }, event.type === "input" ? 200 : 0);
  }
  document.addEventListener("input", filtered);
  document.addEventListener("submit", function (event) {
    if (!event.target.closest("[data-filter]")) return;
    event.preventDefault();
    filtered(event);
  });
  document.addEventListener("click", function (event) {
    const turn = event.target.closest("[data-stock-page]");
    if (!turn) return;
    document.getElementById("stock-page").value = turn.dataset.stockPage;
    refresh(document.getElementById("stock"));
  });

  // What has not changed is not drawn again: nothing flickers, and a selection stays.
  document.addEventListener("htmx:beforeSwap", function (event) {
    const panel = event.detail.target;
    const answer = event.detail.serverResponse;
    if (event.detail.xhr.status >= 400) return;
    if (shown.get(panel.id) === answer) event.detail.shouldSwap = false;
    shown.set(panel.id, answer);
  });
  document.addEventListener("htmx:afterSwap", function (event) {
    tellTimes(event.detail.target);
    announce();
  });
  document.addEventListener("htmx:afterRequest", function (event) {
    const status = event.detail.xhr.status;
    if (status) { lost = status >= 500; say(); }
  });
  ["htmx:sendError", "htmx:timeout"].forEach(function (name) {
    document.addEventListener(name, function () { lost = true; say(); });
  });

  // Read out when the situation changes, not with each new number.
  let kind = (document.querySelector("[data-kind]") || { dataset: {} }).dataset.kind;
  function announce() {
    const verdict = document.querySelector("[data-kind]");
    if (!verdict || verdict.dataset.kind === kind) return;
    kind = verdict.dataset.kind;
    document.getElementById("announce").textContent = verdict.innerText;
  }
})();
