// starts the app where it can keep its promise, and says so where it cannot; written for browsers of any age
(function () {
  var home = document.getElementById("app");
  var able = "serviceWorker" in navigator && "indexedDB" in window && window.crypto && crypto.subtle;
  if (able && "noModule" in document.createElement("script")) {
    var script = document.createElement("script");
    script.type = "module";
    script.src = "/app/main.js";
    document.head.appendChild(script);
    return;
  }
  home.innerHTML = '<p role="alert">Peramban ini tidak dapat menyimpan pemeriksaan tanpa sinyal. ' +
    "Buka di Chrome atau Safari, lewat https dan bukan di jendela pribadi.</p>" +
    '<p lang="en">This browser cannot keep inspections without a signal. ' +
    "Open this page in Chrome or Safari, over https and not in a private window.</p>";
})();
