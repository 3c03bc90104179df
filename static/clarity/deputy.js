// Counts how long one may still act on an account's behalf; the server decides, this only tells.
(function () {
  "use strict";
  function tell() {
    document.querySelectorAll("time[data-left]").forEach(function (time) {
      const seconds = Math.max(0, Math.round((Date.parse(time.dateTime) - Date.now()) / 1000));
      const minutes = Math.floor(seconds / 60);
      const said = seconds === 0 ? "over" : minutes > 0 ? minutes + " min left" : seconds + " s left";
      if (time.textContent !== said) time.textContent = said;
    });
  }
  tell();
  setInterval(tell, 1000);
})();
