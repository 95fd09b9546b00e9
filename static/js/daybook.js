/* What every page needs: forms that are sent once, addresses that can be copied, the language form's way back, and
   word of pages that were opened. */
import { guardForms } from "./forms.js";
import { copyButtons } from "./copy.js";
import { tellOpened } from "./opened.js";

guardForms();
copyButtons();
tellOpened();

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[data-here]") && form.elements.next) {
    form.elements.next.value = location.pathname + location.search;
  }
});
