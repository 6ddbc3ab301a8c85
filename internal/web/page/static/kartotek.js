// Kartotek's own script: theme, keys, and nothing a page needs in order to work.
// Loaded in the head so that a chosen theme is set before the first paint.
"use strict";
(function () {
  var root = document.documentElement;

  function stored() { try { return localStorage.getItem("theme"); } catch (e) { return null; } }
  function keep(t) { try { t ? localStorage.setItem("theme", t) : localStorage.removeItem("theme"); } catch (e) { /* private mode */ } }
  var theme = stored();
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;

  function toggleTheme() {
    var dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    keep(root.dataset.theme);
  }

  function typing(el) {
    return el && (el.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName));
  }

  var afterG = 0;
  function onKey(e) {
    if (e.ctrlKey || e.metaKey || e.altKey || typing(e.target)) return;
    var now = e.timeStamp;
    if (now - afterG < 1200 && /^[a-z]$/.test(e.key)) {
      var to = document.querySelector('a[data-key="' + e.key + '"]');
      afterG = 0;
      if (to) { e.preventDefault(); location.href = to.href; }
      return;
    }
    if (e.key === "g") { afterG = now; return; }
    if (e.key === "/") {
      var q = document.getElementById("q");
      if (q) { e.preventDefault(); q.focus(); q.select(); }
    } else if (e.key === "?") {
      openKeys();
    }
  }

  function openKeys() {
    var d = document.getElementById("keys");
    if (d && d.showModal && !d.open) d.showModal();
  }

  function ready() {
    document.querySelectorAll("[data-theme-toggle], [data-keys]").forEach(function (b) { b.hidden = false; });
    document.addEventListener("click", function (e) {
      var t = e.target.closest ? e.target : null;
      if (!t) return;
      if (t.closest("[data-theme-toggle]")) toggleTheme();
      if (t.closest("[data-keys]")) openKeys();
      if (t.closest("[data-print]")) window.print();
      // An open phone menu closes when one presses elsewhere.
      document.querySelectorAll("details.more[open]").forEach(function (d) { if (!d.contains(t)) d.open = false; });
    });
    document.addEventListener("keydown", onKey);
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready); else ready();
})();
