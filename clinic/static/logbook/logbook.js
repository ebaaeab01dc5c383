// Makes pages quicker, never possible: everything here also works without it.
"use strict";

(() => {
  const body = document.body;

  // --- htmx notes the address of the page in the browser's storage: nothing of a patient stays there ---
  sessionStorage.removeItem("htmx-current-path-for-history");

  // --- After a form came back: begin at what is wrong ---
  const problems = document.getElementById("problems");
  if (problems) problems.focus();

  // --- Menus close on Escape and on a click elsewhere ---
  const openMenus = () => document.querySelectorAll("details.menu[open]");
  document.addEventListener("click", (event) => {
    for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of openMenus()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  // --- Print ---
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
  });

  // --- htmx sends the form token as a header; the cookie is out of reach of scripts ---
  document.addEventListener("htmx:configRequest", (event) => {
    const token = document.querySelector("input[name=csrfmiddlewaretoken]");
    if (token) event.detail.headers["X-CSRFToken"] = token.value;
  });

  // --- A part that did not arrive, or another page in its place (logged out): say so, replace nothing ---
  const unreached = document.getElementById("unreached");
  const say = (shown) => unreached && (unreached.hidden = !shown);
  // What a page asks for by itself, while nobody may be there, neither complains nor counts as a sign of life.
  const unattended = (event) => event.detail.requestConfig.elt.hasAttribute("data-unattended");
  const pathOf = (address) => new URL(address, location.href).pathname;
  document.addEventListener("htmx:beforeRequest", (event) => unattended(event) || say(false));
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, requestConfig } = event.detail;
    if (pathOf(xhr.responseURL) === pathOf(requestConfig.path)) return;
    event.detail.shouldSwap = false;
    if (unattended(event)) location.reload();
    else say(true);
  });
  for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"])
    document.addEventListener(failure, (event) => unattended(event) || say(true));
  if (unreached) unreached.querySelector("button").addEventListener("click", () => say(false));

  // --- One click, one form: further ones wait for the answer (a download gives none, so not for ever) ---
  const release = (form) => {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("button[aria-disabled]")) button.removeAttribute("aria-disabled");
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.hasAttribute("hx-post")) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    for (const button of form.querySelectorAll("button:not([type=button])")) button.setAttribute("aria-disabled", "true");
    setTimeout(release, 8000, form);
  });
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(release));

  // --- data-show-when="field=value|other": shown while the field of the same form has one of the values ---
  const valuesOf = (form, name) =>
    [...form.elements]
      .filter((field) => field.name === name && (!["radio", "checkbox"].includes(field.type) || field.checked))
      .flatMap((field) => (field.multiple ? [...field.selectedOptions].map((option) => option.value) : [field.value]));
  const reveal = (root) => {
    for (const part of root.querySelectorAll("[data-show-when]")) {
      const form = part.closest("form");
      const [name, wanted = ""] = part.dataset.showWhen.split("=");
      if (!form || !form.elements.namedItem(name)) continue;
      const fits = valuesOf(form, name).some((value) => wanted.split("|").includes(value));
      // What holds a problem or something typed is never hidden.
      part.hidden = !fits && !part.querySelector(".field-wrong") && !holdsSomething(part);
    }
  };
  const holdsSomething = (part) =>
    [...part.querySelectorAll("input:not([type=hidden]), select, textarea")].some((field) =>
      ["radio", "checkbox"].includes(field.type) ? field.checked : field.value.trim() !== "",
    );
  document.addEventListener("change", (event) => {
    if (event.target.form) reveal(event.target.form);
  });
  // Before htmx puts the cursor into the new row: what hides afterwards would push that row out of sight.
  document.addEventListener("htmx:afterSwap", () => reveal(document));
  window.addEventListener("pageshow", () => reveal(document));
  reveal(document);

  // --- The search in the frame: Ctrl-K or ⌘K leads there, arrows choose, Enter opens; without a choice it finds all ---
  const finder = document.getElementById("frame-find");
  const wanted = document.getElementById(finder ? "frame-search" : "id_search");
  document.addEventListener("keydown", (event) => {
    if (!wanted || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey || event.key.toLowerCase() !== "k") return;
    event.preventDefault();
    wanted.focus();
    wanted.select();
  });
  if (finder) {
    const found = document.getElementById("frame-found");
    const options = () => [...found.querySelectorAll("[role=option]")];
    let chosen = -1;
    const choose = (place) => {
      chosen = place;
      wanted.removeAttribute("aria-activedescendant");
      options().forEach((option, index) => {
        option.setAttribute("aria-selected", String(index === place));
        if (index !== place) return;
        wanted.setAttribute("aria-activedescendant", option.id);
        option.scrollIntoView({ block: "nearest" });
      });
    };
    const open = (shown) => {
      found.hidden = !shown;
      wanted.setAttribute("aria-expanded", String(shown && options().length > 0));
      choose(-1);
    };
    const openIfFound = () => open(finder.contains(document.activeElement) && found.textContent.trim() !== "");
    if (navigator.platform.startsWith("Mac")) finder.querySelector(".frame-key").textContent = "⌘ K";
    document.addEventListener("htmx:afterSwap", (event) => {
      if (event.detail.target === found) openIfFound();
    });
    finder.addEventListener("focusin", (event) => {
      if (event.target === wanted && found.hidden) openIfFound();
    });
    finder.addEventListener("focusout", (event) => {
      if (!finder.contains(event.relatedTarget)) open(false);
    });
    wanted.addEventListener("keydown", (event) => {
      const number = options().length;
      const steps = { ArrowDown: 1, ArrowUp: -1 };
      if (event.key in steps && number) {
        event.preventDefault();
        if (found.hidden) open(true);
        // One place more than there are options: none of them, so that what was typed can be sent as it is.
        choose(((chosen + 1 + steps[event.key] + number + 1) % (number + 1)) - 1);
      } else if (event.key === "Enter" && chosen >= 0) {
        event.preventDefault();
        options()[chosen].click();
      } else if (event.key === "Escape" && !found.hidden) {
        event.preventDefault();
        open(false);
      }
    });
  }

  // --- One minute before the idle limit: say so, and offer to stay ---
  const warning = document.getElementById("idle-warning");
  const minutes = Number(body.dataset.idleMinutes);
  if (warning && minutes) {
    let timer;
    const restart = () => {
      warning.hidden = true;
      clearTimeout(timer);
      timer = setTimeout(() => (warning.hidden = false), Math.max(minutes * 60 - 60, 30) * 1000);
    };
    const stay = async () => {
      const answer = await fetch(warning.dataset.stay, { credentials: "same-origin", cache: "no-store" }).catch(() => null);
      if (answer && answer.status === 204) restart();
    };
    warning.querySelector("button").addEventListener("click", stay);
    // Somebody who types is not idle; the server hears of it once a minute at most.
    let told = Date.now();
    document.addEventListener("input", () => {
      if (Date.now() - told < 60000) return;
      told = Date.now();
      stay();
    });
    document.addEventListener("htmx:afterRequest", (event) => unattended(event) || restart());
    restart();
  }
})();
