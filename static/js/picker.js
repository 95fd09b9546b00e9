/* The picker beyond plain links: the visitor's zone, focus and words after a swap, arrow keys, kept typing. */
import { arrowKeys } from "./arrows.js";
import { keepTime } from "./hold.js";
import { ownZone, withZone } from "./zone.js";

const typed = new Map();

function askForOwnZone() {
  const screen = document.getElementById("screen");
  const zone = ownZone();
  if (!window.htmx || !screen || "zoneGiven" in screen.dataset || document.getElementById("details")) {
    return;
  }
  const address = withZone(location.href, zone);
  if (address && zone !== screen.dataset.zone) {
    htmx.ajax("GET", address, { target: "#screen", swap: "outerHTML show:none" });
    history.replaceState(history.state, "", address);
  }
}

const FIELDS = "#details :is(input:not([type=hidden]), textarea, select)";

function keepTyping() {
  for (const field of document.querySelectorAll(FIELDS)) {
    typed.set(field.id, field.matches("[type=radio], [type=checkbox]") ? field.checked : field.value);
  }
}

function giveBackTyping() {
  for (const field of document.querySelectorAll(FIELDS)) {
    if (field.matches("[type=radio], [type=checkbox]")) {
      field.checked ||= typed.get(field.id) || false;
    } else {
      field.value ||= typed.get(field.id) || "";
    }
  }
}

function markDay(link) {
  document.querySelector(".calendar [aria-current]")?.removeAttribute("aria-current");
  link.setAttribute("aria-current", "date");
}

function announce(part) {
  const speaking = part.matches("[data-announce]") ? part : part.querySelector("[data-announce]");
  document.getElementById("announce").textContent = speaking?.dataset.announce || "";
}

function settle(part, cause) {
  announce(part);
  if (part.id === "times") {
    part.scrollIntoView({ block: "nearest", behavior: calm() ? "auto" : "smooth" });
  } else if (part.querySelector("#details")) {
    giveBackTyping();
    scrollTo({ top: 0 });
    part.querySelector("#details-title").focus({ preventScroll: true });
    keepTime();
  } else if (cause && !document.activeElement.closest("#screen")) {
    part.querySelector("#month").focus({ preventScroll: true });
  }
}

function calm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

document.addEventListener("htmx:beforeSwap", keepTyping);
document.addEventListener("htmx:afterSettle", (event) => {
  const cause = event.detail.requestConfig?.elt;
  if (cause?.matches?.("a.day")) {
    markDay(cause);
  }
  const part = document.getElementById(event.detail.target.id) || event.target;
  settle(part, cause !== document.body);
});
// A part that could not be had: the whole page says why.
for (const failure of ["htmx:responseError", "htmx:sendError"]) {
  document.addEventListener(failure, (event) => location.assign(event.detail.pathInfo.finalRequestPath));
}
arrowKeys(".calendar", "a.day");
askForOwnZone();
keepTime();
