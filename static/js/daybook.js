/* What every page needs: forms that are sent once, addresses that can be copied, the language form's way back, word of
   pages that were opened, buttons that print, and rows of tabs that show the one that is open. */
import { guardForms } from "./forms.js";
import { copyButtons } from "./copy.js";
import { tellOpened } from "./opened.js";

guardForms();
copyButtons();
tellOpened();

for (const current of document.querySelectorAll(".tabs > [aria-current], .nav > [aria-current]")) {
  const row = current.parentElement;
  row.scrollLeft = current.offsetLeft - row.offsetLeft - (row.clientWidth - current.offsetWidth) / 2;
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[data-here]") && form.elements.next) {
    form.elements.next.value = location.pathname + location.search;
  }
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) {
    window.print();
  }
});
