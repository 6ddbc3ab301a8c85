// The editor of letters: the frame follows what is typed, and a press on a variable
// puts it into the text. Without it everything works by its buttons.
"use strict";
(function () {
  var form = document.querySelector("[data-editor]");
  var show = form && form.querySelector("[data-show]");
  if (!form || !show || !form.requestSubmit) return;

  // A new frame for each picture of the letter: going back in the browser leaves the
  // editor and does not step through them, and nothing flickers.
  var n = 0, waiting = 0;
  function refresh() {
    waiting = 0;
    var old = form.querySelector("[data-pane]");
    var next = old.cloneNode(false);
    next.removeAttribute("src");
    next.name = "pane" + (++n);
    next.hidden = true;
    old.after(next);
    next.addEventListener("load", function () { next.hidden = false; old.remove(); }, { once: true });
    show.formTarget = next.name;
    form.requestSubmit(show);
  }
  function soon() {
    clearTimeout(waiting);
    waiting = setTimeout(refresh, 700);
  }
  form.addEventListener("input", function (e) { if (e.target.type !== "file") soon(); });
  document.body.addEventListener("htmx:afterSettle", soon);

  // A file that was chosen is sent up at once.
  form.addEventListener("change", function (e) {
    if (e.target.type !== "file" || !e.target.files.length) return;
    var up = e.target.closest("fieldset").querySelector('button[value="upload"]');
    if (up) up.click();
  });

  var last = null;
  form.addEventListener("focusin", function (e) {
    if (/^(INPUT|TEXTAREA)$/.test(e.target.tagName) && (e.target.type === "text" || e.target.type === "textarea")) last = e.target;
  });
  function insert(text) {
    if (!last || !last.isConnected) last = form.querySelector("textarea") || form.querySelector('input[type="text"]');
    if (!last) return;
    last.focus();
    last.setRangeText(text, last.selectionStart, last.selectionEnd, "end");
    last.dispatchEvent(new Event("input", { bubbles: true }));
  }
  form.querySelectorAll("[data-insert]").forEach(function (c) {
    var b = document.createElement("button");
    b.type = "button";
    b.className = "insert";
    b.textContent = c.textContent;
    b.addEventListener("click", function () { insert(c.dataset.insert); });
    c.replaceWith(b);
  });

  var stored = true;
  form.addEventListener("input", function () { stored = false; });
  document.body.addEventListener("htmx:afterSettle", function () { stored = false; });
  form.addEventListener("submit", function (e) { if (e.submitter !== show) stored = true; });
  window.addEventListener("beforeunload", function (e) { if (!stored) e.preventDefault(); });
})();
