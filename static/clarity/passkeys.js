// Passkeys: asks the browser for one, puts its answer into the form and sends it.
(function () {
  "use strict";

  function said(error) {
    if (error.name === "NotAllowedError") { return "That was cancelled, or took too long. Try again."; }
    if (error.name === "InvalidStateError") { return "This device has a passkey for you already."; }
    if (error.name === "SecurityError") {
      return "Passkeys work at a name, not at a number: open this page at https:// with its name, or at http://localhost on your own machine.";
    }
    return "This browser could not do that: " + error.message;
  }

  function options() {
    return JSON.parse(document.getElementById("passkey-options").textContent);
  }

  async function add(form) {
    var asked = options().creation_options;
    var choice = asked.publicKey.authenticatorSelection = asked.publicKey.authenticatorSelection || {};
    var alone = form.elements.passwordless.checked;
    choice.residentKey = alone ? "required" : "discouraged";
    choice.requireResidentKey = alone;
    if (alone) { choice.userVerification = "required"; }
    return window.webauthnJSON.create(asked);
  }

  async function use() {
    return window.webauthnJSON.get(options().request_options);
  }

  async function login(form) {
    var answer = await fetch(form.action, { headers: { Accept: "application/json" } });
    if (!answer.ok) { throw new Error("the server did not answer as expected. Load the page again."); }
    return window.webauthnJSON.get((await answer.json()).request_options);
  }

  var ways = { add: add, use: use, login: login };

  document.querySelectorAll("form[data-passkey]").forEach(function (form) {
    var place = form.querySelector("[data-passkey-said]");
    place.hidden = !place.textContent.trim();
    form.addEventListener("submit", async function (event) {
      event.preventDefault();
      if (form.dataset.busy) { return; }
      form.dataset.busy = "1";
      place.hidden = true;
      try {
        if (!window.PublicKeyCredential) { throw new Error("it knows no passkeys."); }
        form.elements.credential.value = JSON.stringify(await ways[form.dataset.passkey](form));
        form.submit();
      } catch (error) {
        place.textContent = said(error);
        place.hidden = false;
      }
      delete form.dataset.busy;
    });
  });
})();
