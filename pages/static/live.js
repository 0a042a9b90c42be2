// Keeps a page as it is now: fetches it again and replaces <main>, keeping the focus, what is open and what is typed.
"use strict";

(() => {
  const body = document.body;
  const every = () => Number(document.querySelector("main").dataset.every || body.dataset.every) || 5000; // milliseconds
  const button = document.getElementById("pause");
  const state = document.getElementById("live-state");
  let tag = body.dataset.tag || "";
  let paused = false;
  let timer = 0;

  const say = (found) => {
    const words = paused ? "stopped" : found;
    if (state.textContent !== words) state.textContent = words;
  };

  // What somebody works at is left alone: a field in which something was typed, or text that is marked.
  const isBusy = () => {
    const main = document.querySelector("main");
    if (!getSelection().isCollapsed && main.contains(getSelection().anchorNode)) return true;
    return [...main.querySelectorAll("input, select, textarea")].some((each) =>
      each.tagName === "SELECT"
        ? each.selectedIndex !== Math.max(0, [...each.options].findIndex((option) => option.defaultSelected))
        : each.type === "checkbox" || each.type === "radio"
          ? each.checked !== each.defaultChecked
          : each.value !== each.defaultValue,
    );
  };

  // Where something stands in the page, so that its like is found in the next one.
  const nameOf = (element) => {
    const kind = element.tagName;
    if (element.id) return { id: element.id };
    const text = element.getAttribute("href") || element.getAttribute("name") || element.textContent;
    const same = [...document.querySelectorAll(`main ${kind}`)].filter(
      (each) => (each.getAttribute("href") || each.getAttribute("name") || each.textContent) === text,
    );
    return { kind, text, index: same.indexOf(element) };
  };

  const find = (name) =>
    name.id
      ? document.getElementById(name.id)
      : [...document.querySelectorAll(`main ${name.kind}`)].filter(
          (each) => (each.getAttribute("href") || each.getAttribute("name") || each.textContent) === name.text,
        )[name.index];

  const replace = (text) => {
    const next = new DOMParser().parseFromString(text, "text/html");
    const main = next.querySelector("main");
    if (!main) return;
    const old = document.querySelector("main");
    const focused = old.contains(document.activeElement) ? nameOf(document.activeElement) : null;
    const open = [...old.querySelectorAll("details")].map((each) => each.open);
    const scrolled = [...old.querySelectorAll(".wide, pre")].map((each) => [each.scrollLeft, each.scrollTop]);
    old.replaceWith(document.adoptNode(main));
    document.title = next.title;
    if (open.length === main.querySelectorAll("details").length) {
      main.querySelectorAll("details").forEach((each, index) => (each.open = open[index]));
    }
    main.querySelectorAll(".wide, pre").forEach((each, index) => {
      if (scrolled[index]) [each.scrollLeft, each.scrollTop] = scrolled[index];
    });
    if (focused) find(focused)?.focus({ preventScroll: true });
  };

  const look = async () => {
    clearTimeout(timer);
    if (!paused && !document.hidden && !isBusy()) {
      try {
        const answer = await fetch(location.href, {
          headers: { "If-None-Match": tag, "X-Live": "1" },
          cache: "no-store",
          redirect: "manual",
        });
        if (answer.status === 200) {
          const text = await answer.text();
          if (!paused && !isBusy()) {
            tag = answer.headers.get("ETag") || "";
            replace(text);
          }
          say("live");
        } else if (answer.status === 304) {
          say("live");
        } else {
          say(answer.type === "opaqueredirect" || answer.status === 401 ? "signed out: load the page for how to come back" : "not up to date");
        }
      } catch {
        say("not up to date: the service does not answer");
      }
    }
    timer = setTimeout(look, every());
  };

  button.hidden = false;
  button.addEventListener("click", () => {
    paused = !paused;
    button.textContent = paused ? "Refresh again" : "Stop refresh";
    say("live");
    if (!paused) look();
  });
  document.addEventListener("visibilitychange", () => document.hidden || look());
  timer = setTimeout(look, every());
})();
