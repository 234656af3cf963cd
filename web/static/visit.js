// asks before a form with something typed in it is left; without this script the browser simply leaves
const form = document.querySelector("form[data-unsaved]");
let isUnsaved = form.dataset.unsaved === "yes";

form.addEventListener("input", () => (isUnsaved = true));
form.addEventListener("submit", () => (isUnsaved = false));
addEventListener("beforeunload", (event) => isUnsaved && event.preventDefault());
