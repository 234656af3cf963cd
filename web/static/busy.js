// says that a file is being made, for links and forms that end in a download; without this script the browser does
for (const button of document.querySelectorAll("[data-busy]")) {
  button.addEventListener("click", (event) => {
    const form = button.closest("form");
    if (event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (!button.hasAttribute("aria-busy")) download(button, form ? addressOf(form, button) : button.href);
  });
}

function addressOf(form, button) {
  const fields = new FormData(form);
  if (button.name) fields.set(button.name, button.value);
  return `${form.action}?${new URLSearchParams(fields)}`;
}

async function download(button, address) {
  const words = button.textContent;
  const wait = setTimeout(() => (button.textContent = button.dataset.busy), 300);
  button.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(address, { headers: { Accept: "text/html, application/pdf" } });
    // a page instead of a file says what is to be mended: show it
    if (!answer.headers.get("Content-Disposition")) return location.assign(address);
    save(await answer.blob(), fileName(answer));
  } catch {
    location.assign(address);
  } finally {
    clearTimeout(wait);
    button.textContent = words;
    button.removeAttribute("aria-busy");
  }
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function fileName(answer) {
  return /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition"))[1];
}
