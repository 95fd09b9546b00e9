/* Keeps the chosen time while the form is filled in, says until when, and lets go of it when the visitor leaves. */
let key = "";
let address = "";
let timer;
let sending = false;

export async function keepTime() {
  clearTimeout(timer);
  const place = document.getElementById("hold");
  const form = document.getElementById("details");
  if (!place || !form) {
    return;
  }
  address = place.dataset.url;
  key = form.elements.hold?.value || key;
  const kept = await ask(body(form));
  if (!kept.key || !place.isConnected) {
    return;
  }
  place.hidden = false;
  place.lastElementChild.textContent = place.dataset.kept.replace("{time}", kept.until);
  timer = setTimeout(() => {
    place.lastElementChild.textContent = place.dataset.lapsed;
  }, kept.seconds * 1000);
}

async function ask(content) {
  try {
    const answer = await fetch(address, { method: "POST", body: content });
    return answer.ok ? await answer.json() : {};
  } catch {
    return {};
  }
}

function body(form) {
  const content = new FormData();
  for (const name of ["csrfmiddlewaretoken", "time", "tz", "staff"]) {
    content.set(name, form.elements[name]?.value || "");
  }
  content.set("hold", key);
  return content;
}

// The visitor's own time stays free for the visitor in every part that is swapped.
document.addEventListener("htmx:configRequest", (event) => {
  if (key) {
    event.detail.headers["X-Hold"] = key;
  }
});
document.addEventListener("submit", (event) => {
  sending = event.target.id === "details" && !event.defaultPrevented;
});
window.addEventListener("pagehide", () => {
  const form = document.getElementById("details");
  if (key && form && !sending) {
    const content = body(form);
    content.set("release", "1");
    navigator.sendBeacon(address, content);
  }
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) {
    sending = false;
    keepTime();
  }
});
