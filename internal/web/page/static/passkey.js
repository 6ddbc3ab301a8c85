// Passkeys: shows the forms that ask for one and carries the browser's answer into
// them. Without script, or in a browser without passkeys, they stay hidden.
"use strict";
(function () {
  if (!window.PublicKeyCredential || !navigator.credentials) return;

  function bytes(text) {
    var raw = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(raw, function (c) { return c.charCodeAt(0); });
  }

  function text(buffer) {
    var raw = "";
    new Uint8Array(buffer).forEach(function (b) { raw += String.fromCharCode(b); });
    return btoa(raw).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  function list(all) {
    return (all || []).map(function (c) { return Object.assign({}, c, { id: bytes(c.id) }); });
  }

  function asked(key) {
    key.challenge = bytes(key.challenge);
    if (key.user) key.user.id = bytes(key.user.id);
    if (key.excludeCredentials) key.excludeCredentials = list(key.excludeCredentials);
    if (key.allowCredentials) key.allowCredentials = list(key.allowCredentials);
    return { publicKey: key };
  }

  function answer(c) {
    var r = c.response, out = { clientDataJSON: text(r.clientDataJSON) };
    ["attestationObject", "authenticatorData", "signature", "userHandle"].forEach(function (name) {
      if (r[name]) out[name] = text(r[name]);
    });
    if (r.getTransports) out.transports = r.getTransports();
    return JSON.stringify({
      id: c.id, rawId: text(c.rawId), type: c.type, response: out,
      clientExtensionResults: c.getClientExtensionResults(),
      authenticatorAttachment: c.authenticatorAttachment || undefined
    });
  }

  function run(form) {
    var failed = form.querySelector("[data-failed]"), button = form.querySelector("button");
    failed.hidden = true;
    button.disabled = true;
    var ceremony;
    fetch(form.dataset.begin, { method: "POST", headers: { Accept: "application/json" }, credentials: "same-origin" })
      .then(function (res) {
        if (!res.ok) throw new Error("refused");
        return res.json();
      })
      .then(function (begun) {
        ceremony = begun.ceremony;
        var wanted = asked(begun.options.publicKey);
        return form.dataset.passkey === "create" ? navigator.credentials.create(wanted) : navigator.credentials.get(wanted);
      })
      .then(function (made) {
        form.elements.ceremony.value = ceremony;
        form.elements.answer.value = answer(made);
        form.submit();
      })
      .catch(function () {
        failed.hidden = false;
        button.disabled = false;
        button.focus();
      });
  }

  document.querySelectorAll("form[data-passkey]").forEach(function (form) {
    form.hidden = false;
    form.addEventListener("submit", function (e) {
      e.preventDefault();
      run(form);
    });
  });
})();
