"use strict";
(() => {
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // Search and filters.
  const form = one("form.filters");
  if (form) {
    const search = one("#search");
    const picks = Object.fromEntries(["verdict", "area", "level", "scenario"].map((name) => [name, one(`#by-${name}`)]));
    const groups = all(".requirement").map((element) => ({
      element,
      text: element.textContent.toLowerCase(),
      pairs: all("[data-verdict]", element),
    }));
    const fits = (element, ...names) =>
      names.every((name) => !picks[name].value || picks[name].value === element.dataset[name]);

    const apply = () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      let pairs = 0;
      for (const group of groups) {
        const wanted = fits(group.element, "area", "level") && words.every((word) => group.text.includes(word));
        let left = 0;
        for (const pair of wanted ? group.pairs : []) {
          pair.hidden = !fits(pair, "verdict", "scenario");
          left += !pair.hidden;
        }
        group.element.hidden = left === 0;
        shown += left > 0;
        pairs += left;
      }
      one("#shown").textContent = `${shown} of ${groups.length} requirements, ${pairs} pairs`;
    };

    form.hidden = one(".shown").hidden = false;
    form.addEventListener("input", apply);
    form.addEventListener("submit", (event) => event.preventDefault());
    one("#clear").addEventListener("click", () => {
      form.reset();
      apply();
      search.focus();
    });
    for (const [name, open] of [["#open", true], ["#close", false]]) {
      one(name).addEventListener("click", () => {
        for (const element of all(".requirement:not([hidden]), .requirement:not([hidden]) .case")) {
          element.open = open;
        }
      });
    }
    for (const link of all("[data-pick]")) {
      link.addEventListener("click", () => {
        const [name, value] = link.dataset.pick.split("=");
        form.reset();
        picks[name].value = value;
        apply();
      });
    }
    apply();
  }

  // A shell line into the clipboard; where a browser keeps it from us, it is selected to be copied by hand.
  for (const button of all("button.copy")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const line = button.previousElementSibling;
      try {
        await navigator.clipboard.writeText(line.textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(line);
        button.textContent = "Selected: press Ctrl+C";
      }
    });
  }

  // The exchange is in the page once; a failure shows a copy where it stands, with its own frame open.
  for (const link of all("a.to-step")) {
    link.setAttribute("role", "button");
    link.setAttribute("aria-expanded", "false");
    const toggle = () => {
      const shown = link.parentElement.nextElementSibling;
      if (shown && shown.classList.contains("here")) {
        shown.remove();
        link.setAttribute("aria-expanded", "false");
        return;
      }
      const body = one(".step-body", document.getElementById(link.hash.slice(1))).cloneNode(true);
      body.classList.add("here");
      for (const frame of all(".frames > li", body)) {
        const culprit = frame.dataset.frame === link.dataset.frame;
        frame.classList.toggle("culprit", culprit);
        const folded = one("details", frame);
        if (folded) {
          folded.open = culprit;
        }
      }
      link.parentElement.after(body);
      link.setAttribute("aria-expanded", "true");
    };
    link.addEventListener("click", (event) => {
      event.preventDefault();
      toggle();
    });
    link.addEventListener("keydown", (event) => {
      if (event.key === " ") {
        event.preventDefault();
        toggle();
      }
    });
  }

  // Whoever follows a link to something folded wants to see it.
  const unfold = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (target && target.tagName === "DETAILS") {
      target.open = true;
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", unfold);
  unfold();

  // Paper has no folds; what was kept fills a line there, not a hundred pages of scenarios.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = all(".requirement:has(.case), .case, .step, .step details.headers").filter((element) => !element.open);
    for (const element of folded) {
      element.open = true;
    }
  });
  addEventListener("afterprint", () => {
    for (const element of folded) {
      element.open = false;
    }
  });
})();
