// what a script may add to pages that work without it: a print button, and everything unfolded on paper
document.documentElement.classList.add("scripted");

for (const button of document.querySelectorAll("[data-print]")) {
  button.addEventListener("click", () => window.print());
}

const opened = [];

addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("main details:not([open])")) {
    folded.open = true;
    opened.push(folded);
  }
});

addEventListener("afterprint", () => {
  for (const folded of opened.splice(0)) folded.open = false;
});
