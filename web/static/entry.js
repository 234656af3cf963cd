// typing a paper sheet: an answer leads to the next field, Backspace in an empty one to the field before
const fields = [...document.querySelectorAll("[data-answer]")];

fields.forEach((field, place) => {
  field.addEventListener("focus", () => field.select());
  field.addEventListener("input", () => {
    if (/^[1-4a-d]$/i.test(field.value)) (fields[place + 1] || document.getElementById("age")).focus();
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Backspace" && !field.value && place) {
      event.preventDefault();
      fields[place - 1].focus();
    }
  });
});
