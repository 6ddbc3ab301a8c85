// Checks a receipt of Kartotek in the browser: nothing is sent anywhere.
//
// It does what internal/receipt does in Go, with the same tables (data-rules), and
// both are held against each other by a test. The formats: RFC 8785 (canonical
// JSON), C2SP signed-note, tlog-checkpoint and tlog-proof, RFC 6962 (the tree).
"use strict";
(function () {
  var utf8 = new TextEncoder();
  var MAX = 1 << 20, DEPTH = 32, MAX_SIZE = Math.pow(2, 48), MAX_PATH = 48;

  function Unreadable(why) { this.message = why; }

  // ---- JSON, strictly: texts, lists and objects; no key twice ----

  function parse(text) {
    var i = 0;
    function fail(why) { throw new Unreadable(why || "it is not whole JSON in UTF-8"); }
    function space() { while (i < text.length && " \t\n\r".indexOf(text[i]) >= 0) i++; }
    var literal = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
    function string() {
      literal.lastIndex = i;
      var m = literal.exec(text);
      if (!m) fail();
      i += m[0].length;
      var s = JSON.parse(m[0]);
      return s.toWellFormed ? s.toWellFormed() : s;
    }
    function value(depth) {
      if (depth > DEPTH) fail("it is nested too deeply");
      space();
      if (text[i] === '"') return string();
      if (text[i] === "{" || text[i] === "[") return many(text[i] === "{", depth);
      fail("it holds something that is neither text, list nor object");
    }
    function many(object, depth) {
      var out = object ? Object.create(null) : [], end = object ? "}" : "]";
      i++; space();
      if (text[i] === end) { i++; return out; }
      for (;;) {
        space();
        if (object) {
          var key = string();
          if (key in out) fail("a key stands in it twice");
          space();
          if (text[i++] !== ":") fail();
          out[key] = value(depth + 1);
        } else out.push(value(depth + 1));
        space();
        if (text[i] === end) { i++; return out; }
        if (text[i++] !== ",") fail();
      }
    }
    var v = value(0);
    space();
    if (i !== text.length) fail("something follows it");
    if (Array.isArray(v) || typeof v === "string") fail("it is not an object");
    return v;
  }

  function canonical(v) {
    if (typeof v === "string") return JSON.stringify(v);
    if (Array.isArray(v)) return "[" + v.map(canonical).join(",") + "]";
    return "{" + Object.keys(v).sort().map(function (k) { return JSON.stringify(k) + ":" + canonical(v[k]); }).join(",") + "}";
  }

  function isObject(v) { return v !== null && typeof v === "object" && !Array.isArray(v); }
  function text(o, k) { return isObject(o) && typeof o[k] === "string" ? o[k] : ""; }
  function object(o, k) { return isObject(o) && isObject(o[k]) ? o[k] : null; }
  function all(o, k) { return !isObject(o) || o[k] === undefined ? [] : Array.isArray(o[k]) ? o[k] : [o[k]]; }
  function objects(o, k) { return all(o, k).filter(isObject); }
  function texts(o, k) { return all(o, k).filter(function (x) { return typeof x === "string"; }); }
  function pointed(o, k) { return object(o, k) ? text(object(o, k), "@id") : text(o, k); }
  function without(o, k) {
    var out = Object.create(null);
    Object.keys(o).forEach(function (x) { if (x !== k) out[x] = o[x]; });
    return out;
  }

  // ---- bytes ----

  function fromBase64(s) {
    try {
      var raw = atob(s);
      if (btoa(raw) !== s) return null;
      return Uint8Array.from(raw, function (c) { return c.charCodeAt(0); });
    } catch (e) { return null; }
  }
  function toBase64(b) { return btoa(String.fromCharCode.apply(null, b)); }
  function hex(b) { return Array.from(b, function (x) { return (x + 256).toString(16).slice(1); }).join(""); }
  function join() {
    var parts = Array.from(arguments), out = new Uint8Array(parts.reduce(function (n, p) { return n + p.length; }, 0)), at = 0;
    parts.forEach(function (p) { out.set(p, at); at += p.length; });
    return out;
  }
  function same(a, b) { return a.length === b.length && a.every(function (x, i) { return x === b[i]; }); }
  function sha256(b) { return crypto.subtle.digest("SHA-256", b).then(function (d) { return new Uint8Array(d); }); }

  // ---- signed notes ----

  // key reads "name+hash+base64"; null when it is none.
  async function key(vkey) {
    var m = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+\/=]+)$/.exec(vkey), raw = m && fromBase64(m[3]);
    if (!raw || raw.length !== 33 || raw[0] !== 1) return null;
    if (hex((await sha256(join(utf8.encode(m[1] + "\n"), raw))).slice(0, 4)) !== m[2]) return null;
    return { name: m[1], hash: m[2], raw: raw.slice(1) };
  }

  // openNote gives the text of a note and the names that signed it; null when no
  // known key did, or one did wrongly.
  async function openNote(note, vkeys) {
    var at = note.lastIndexOf("\n\n");
    if (at < 0 || !note.endsWith("\n") || /[\u0000-\u0009\u000b-\u001f]/.test(note)) return null;
    var body = note.slice(0, at + 1), lines = note.slice(at + 2, -1).split("\n"), names = [], keys = [], seen = {};
    for (var k of new Set(vkeys)) { var x = await key(k); if (x) keys.push(x); }
    for (var line of lines) {
      var m = /^\u2014 ([^+\s]+) ([A-Za-z0-9+\/=]+)$/.exec(line), sig = m && fromBase64(m[2]);
      if (!sig || sig.length < 5) return null;
      var known = keys.filter(function (k) { return k.name === m[1] && k.hash === hex(sig.slice(0, 4)); })[0];
      if (!known || seen[m[1] + " " + known.hash]) continue;
      seen[m[1] + " " + known.hash] = true;
      var public_ = await crypto.subtle.importKey("raw", known.raw, { name: "Ed25519" }, false, ["verify"]);
      if (!await crypto.subtle.verify({ name: "Ed25519" }, public_, sig.slice(4), utf8.encode(body))) return null;
      names.push(m[1]);
    }
    return names.length ? { text: body, names: names } : null;
  }

  // ---- the tree ----

  function number(s) {
    var n = /^(0|[1-9][0-9]{0,15})$/.test(s) ? Number(s) : NaN;
    return n <= MAX_SIZE ? n : NaN;
  }
  function hash32(s) { var b = fromBase64(s); return b && b.length === 32 ? b : null; }

  function readHead(body) {
    var lines = body.split("\n");
    if (lines.length < 4 || !lines[0] || lines[lines.length - 1] !== "") return null;
    var size = number(lines[1]), root = hash32(lines[2]);
    return isNaN(size) || !root ? null : { origin: lines[0], size: size, root: root };
  }

  function readProof(s) {
    var at = s.indexOf("\n\n");
    if (at < 0) return null;
    var lines = s.slice(0, at).split("\n");
    if (lines.shift() !== "c2sp.org/tlog-proof@v1") return null;
    if (lines.length && lines[0].startsWith("extra ")) lines.shift();
    if (!lines.length || lines.length - 1 > MAX_PATH || !lines[0].startsWith("index ")) return null;
    var index = number(lines.shift().slice(6)), path = lines.map(hash32);
    return isNaN(index) || path.indexOf(null) >= 0 ? null : { index: index, path: path, head: s.slice(at + 2) };
  }

  async function openHead(signed, vkeys) {
    var n = await openNote(signed, vkeys), head = n && readHead(n.text);
    return head && n.names.indexOf(head.origin) >= 0 ? head : null;
  }

  // leads follows a path from a leaf to the root. RFC 9162, 2.1.3.2
  async function leads(leaf, proof, head) {
    var fn = proof.index, sn = head.size - 1, r = await sha256(join([0], leaf)), one = Uint8Array.of(1);
    if (fn > sn) return false;
    for (var p of proof.path) {
      if (sn === 0) return false;
      if (fn % 2 === 1 || fn === sn) {
        r = await sha256(join(one, p, r));
        while (fn % 2 === 0 && fn !== 0) { fn = Math.floor(fn / 2); sn = Math.floor(sn / 2); }
      } else r = await sha256(join(one, r, p));
      fn = Math.floor(fn / 2); sn = Math.floor(sn / 2);
    }
    return sn === 0 && same(r, head.root);
  }

  // ---- the entry ----

  function isTime(s) {
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(s)) return false;
    var d = new Date(s);
    return !isNaN(d) && d.toISOString() === s;
  }

  function readEntry(s, rules) {
    var lines = s.split("\n"), e = Object.create(null), ofCase = lines[0] === rules.caseHeader, names = ofCase ? rules.caseNames : rules.names;
    if (!(lines[0] in rules.headers)) throw new Unreadable("the entry in it has a layout that is not known here");
    if (lines.length !== names.length + 2 || lines[lines.length - 1] !== "") throw new Unreadable("the entry in it has not the lines an entry has");
    names.forEach(function (name, i) {
      var line = lines[i + 1];
      if (!line.startsWith(name + ": ")) throw new Unreadable("the entry in it has not the lines an entry has");
      e[name] = line.slice(name.length + 2).replace(/\\[\\n]/g, function (x) { return x === "\\n" ? "\n" : "\\"; });
    });
    e.leaf = rules.headers[lines[0]].charCodeAt(0);
    if (ofCase) return readCase(e, rules);
    if (!(e.kind in rules.states)) throw new Unreadable("no receipt is made of an entry of its kind");
    if (!isTime(e.recorded) || !isTime(e.effective) || e.expires && !isTime(e.expires)) throw new Unreadable("a time of the entry in it is none");
    if (!/^(0|[1-9][0-9]{0,9})$/.test(e.notice) || !e.person || !e.entry) throw new Unreadable("the entry in it lacks whom or what it is about");
    return e;
  }

  // ---- the entry of a request that was answered ----

  function readCase(e, rules) {
    if (!isTime(e.recorded)) throw new Unreadable("a time of the entry in it is none");
    if (e.action !== rules.caseAction || e["by kind"] !== "system" || e.outcome !== "ok") throw new Unreadable("no receipt is made of an entry of its kind");
    e.bytes = caseBytes(e, rules);
    try { e.answered = parse(e.detail); } catch (x) { throw new Unreadable("the detail of the entry in it cannot be read"); }
    var a = e.answered;
    if (!e.object || !/^(0|[1-9][0-9]{0,9})$/.test(text(a, "notice")) || !(text(a, "asked") in rules.caseRights) || ["fulfilled", "rejected"].indexOf(text(a, "state")) < 0)
      throw new Unreadable("the entry in it does not say what was asked and what came of it");
    e.kind = "case"; e.effective = e.recorded;
    return e;
  }

  // caseBytes are the bytes the text stands for: numbers in eight bytes, then each text
  // with its length before it.
  function caseBytes(e, rules) {
    var parts = [lengthed(rules.caseHeader)];
    rules.caseNames.forEach(function (name, i) { parts.push(i < 5 ? eight(caseNumber(name, e[name])) : lengthed(e[name])); });
    return join.apply(null, parts);
  }
  function lengthed(s) {
    var b = utf8.encode(s), n = new Uint8Array(4);
    new DataView(n.buffer).setUint32(0, b.length);
    return join(n, b);
  }
  function eight(n) {
    var b = new Uint8Array(8);
    new DataView(b.buffer).setBigInt64(0, n);
    return b;
  }
  var DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";
  function caseNumber(name, s) {
    if (name === "recorded") return BigInt(Date.parse(s));
    if (name === "count" && /^(0|-?[1-9][0-9]{0,17})$/.test(s)) return BigInt(s);
    var n = BigInt(0), ok = name !== "count" && s.length > 0 && s.length <= 13 && (s === "0" || s[0] !== DIGITS[0]);
    for (var i = 0; ok && i < s.length; i++) { ok = DIGITS.indexOf(s[i]) >= 0; n = n * BigInt(32) + BigInt(DIGITS.indexOf(s[i])); }
    if (!ok || n >> BigInt(63)) throw new Unreadable("a number of the entry in it is none");
    return n;
  }

  function caseDiffers(rec, e, rules) {
    var a = e.answered, events = objects(rec, "dpv:hasStatus"), out = [];
    if (events.length < 2 || events.length > 3) return ["event"];
    function hold(what, ok) { if (!ok) out.push(what); }
    function is(o, k, want) { return text(o, k) === want; }
    var first = events[0], last = events[events.length - 1], extended = "";
    if (events.length === 3) { extended = text(events[1], "dct:date"); hold("extension", is(events[1], "@type", rules.caseStates.delayed)); }
    hold("person", is(object(rec, "dpv:hasDataSubject"), "dct:identifier", e.person));
    hold("case", is(rec, "kt:case", e.object));
    hold("right", pointed(rec, "dpv:hasRight") === rules.caseRights[a.asked]);
    hold("scope", texts(rec, "dpv:hasScope").join(" ") === text(a, "scope").split(/\s+/).filter(Boolean).join(" "));
    hold("arrival", is(first, "@type", rules.caseStates.initiated) && is(first, "dct:date", text(a, "received")) && is(first, "kt:channel", text(a, "channel")));
    hold("last day", is(rec, "kt:due", text(a, "due")));
    hold("extension", extended === text(a, "extended"));
    hold("answer", is(last, "@type", rules.caseStates[a.state]) && is(last, "dct:date", text(a, "closed")) && is(last, "kt:outcome", text(a, "outcome")) && is(last, "kt:code", text(a, "code")));
    hold("time", is(last, "kt:recordedAt", e.recorded));
    hold("package", is(last, "kt:manifest", text(a, "manifest")));
    hold("certificate", is(last, "kt:certificate", text(a, "certificate")));
    hold("notice", objects(rec, "dpv:hasNotice").some(function (n) { return is(n, "kt:version", a.notice); }));
    return out;
  }

  function channels(e) {
    var p = e.scope.split(":");
    if (e.channel) return [e.channel];
    return p[0] === "channel" && p.length === 2 ? [p[1]] : p[0] === "purpose" && p.length === 3 ? [p[2]] : [];
  }

  function differences(receipt, e, rules) {
    var records = objects(receipt, "dpv:hasRecordOfActivity"), events = records.length === 1 ? objects(records[0], "dpv:hasConsentStatus") : [];
    if (records.length !== 1) return ["record"];
    if (e.kind === "case") return caseDiffers(records[0], e, rules);
    if (events.length !== 1) return ["event"];
    var rec = records[0], ev = events[0], out = [], duration = object(ev, "dpv:hasDuration");
    function hold(what, ok) { if (!ok) out.push(what); }
    hold("person", text(object(rec, "dpv:hasDataSubject"), "dct:identifier") === e.person);
    hold("kind", text(ev, "kt:kind") === e.kind && texts(ev, "@type").indexOf(rules.states[e.kind]) >= 0);
    hold("time", text(ev, "dpv:isIndicatedAtTime") === e.effective && text(ev, "kt:recordedAt") === e.recorded);
    hold("expiry", (text(duration, "@type") !== "dpv:UntilTimeDuration") === !e.expires && (!e.expires || text(duration, "rdf:value") === e.expires));
    hold("channel", texts(ev, "kt:channel").join("\n") === channels(e).join("\n"));
    hold("method", text(ev, "dpv:hasIndicationMethod") === e.method && text(ev, "kt:strength") === e.strength);
    hold("who said it", (text(object(ev, "dpv:isIndicatedBy"), "@type") === "dpv:DataSubject") === (e["said by"] === "person"));
    hold("notice", e.notice === "0" || objects(rec, "dpv:hasNotice").some(function (n) { return text(n, "kt:version") === e.notice; }));
    var parts = e.scope.split(":"), aim = parts[0] === "purpose" && parts.length > 1 ? parts[1] : e.purpose, processes = objects(rec, "dpv:hasProcess");
    hold("purpose", aim ? processes.length === 1 && text(object(processes[0], "dpv:hasPurpose"), "dct:identifier") === aim : processes.length > 0);
    var rule = { prohibition: "dpv:hasProhibition", lift: "dpv:hasPermission" }[e.kind];
    hold("scope", ["dpv:hasProhibition", "dpv:hasPermission"].every(function (k) { return k === rule ? text(object(rec, k), "dpv:hasScope") === e.scope : !object(rec, k); }));
    return out;
  }

  // ---- the form: the mandatory fields of TS 27560, in terms that exist ----

  function filled(v) {
    if (typeof v === "string") return v.trim() !== "";
    if (Array.isArray(v)) return v.length > 0 && v.every(filled);
    return isObject(v) && Object.keys(v).length > 0;
  }

  function check(receipt, rules) {
    var out = [], terms = new Set(rules.terms);
    function need(where, what, ok) { if (!ok) out.push(where + " (" + what + ")"); }
    function table(where, o, name) { rules[name].forEach(function (r) { need(where + r[0], r[1], filled(isObject(o) ? o[r[0]] : null)); }); }
    function instant(s) { return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(s) && !isNaN(new Date(s)); }
    function has(o, k, v) { return texts(o, k).indexOf(v) >= 0; }
    var ofCase = text(receipt, "@type") === rules.caseType;
    need("@type", "a consent receipt", ofCase || text(receipt, "@type") === "dpv:ConsentReceipt");
    need("dct:conformsTo", "schema_version", pointed(receipt, "dct:conformsTo") === (ofCase ? rules.caseProfile : rules.profile + "receipt-eu-gdpr"));
    table("", receipt, "receipt");
    need("dct:created", "a time in UTC", instant(text(receipt, "dct:created")));
    Object.keys(rules.prefixes).forEach(function (p) { need("@context." + p, "the vocabulary", text(object(receipt, "@context"), p) === rules.prefixes[p]); });
    var records = objects(receipt, "dpv:hasRecordOfActivity");
    need("dpv:hasRecordOfActivity", "the record", records.length === 1);
    if (ofCase) records.forEach(function (r) {
      need("record.@type", "a record of a right", text(r, "@type") === "dpv:RightExerciseRecord");
      need("record.dct:conformsTo", "schema_version", pointed(r, "dct:conformsTo") === rules.caseProfile);
      table("record.", r, "caseRecord");
      table("controller.", object(r, "dpv:hasDataController"), "party");
      var events = objects(r, "dpv:hasStatus");
      need("record.dpv:hasStatus", "arrival and answer", events.length === 2 || events.length === 3);
      events.forEach(function (e) {
        need("event.@type", "event_state", text(e, "@type") !== "");
        need("event.dct:date", "event_time", text(e, "dct:date") !== "");
      });
    });
    else records.forEach(function (r) {
      need("record.@type", "a consent record", has(r, "@type", "dpv:ConsentRecord"));
      need("record.dct:conformsTo", "schema_version", pointed(r, "dct:conformsTo") === rules.profile + "record-eu-gdpr");
      table("record.", r, "record");
      table("controller.", object(r, "dpv:hasDataController"), "party");
      objects(r, "dpv:hasRecipient").forEach(function (x) { if (text(x, "@id") !== rules.controller) table("recipient.", x, "party"); });
      objects(r, "dpv:hasNotice").forEach(function (n) { if (text(n, "@type") === "dpv:ConsentNotice") table("notice.", n, "notice"); });
      objects(r, "dpv:hasProcess").forEach(function (p) {
        table("process.", p, "process");
        table("purpose.", object(p, "dpv:hasPurpose"), "purpose");
        objects(p, "dpv:hasPersonalData").forEach(function (d) { need("data.@type", "pii_type", texts(d, "@type").length > 1); });
        var kept = objects(p, "dpv:hasStorageCondition");
        need("process.dpv:StorageLocation", "storage_locations", kept.some(function (s) { return text(s, "@type") === "dpv:StorageLocation" && filled(s["dpv:hasLocation"]); }));
        need("process.dpv:StorageDuration", "retention_period", kept.some(function (s) { return text(s, "@type") === "dpv:StorageDuration" && filled(s["dpv:hasDuration"]); }));
      });
      var control = object(r, "dpv:hasConsentControl");
      need("record.dpv:hasConsentControl", "withdrawal_method", has(control, "@type", "dpv:WithdrawConsent") && filled(control["dpv:isExercisedAt"]));
      objects(r, "dpv:hasConsentStatus").forEach(function (e) {
        table("event.", e, "event");
        need("event.@type", "event_state", Object.keys(rules.states).some(function (k) { return has(e, "@type", rules.states[k]); }));
        need("event.@type", "event_type", has(e, "@type", "dpv:ExpressedConsent") || has(e, "@type", "dpv:ExplicitlyExpressedConsent"));
        need("event.dpv:isIndicatedAtTime", "event_time in UTC", instant(text(e, "dpv:isIndicatedAtTime")));
      });
    });
    function term(s) {
      var m = /^([a-z][a-z-]*):[A-Za-z][A-Za-z0-9-]*$/.exec(s);
      if (m && rules.vocabularies.indexOf(m[1]) >= 0) need(s, "a term that DPV 2.3 has", terms.has(s));
    }
    (function walk(k, v) {
      if (typeof v === "string") { if (k === "@type" || k === "@id") term(v); }
      else if (Array.isArray(v)) v.forEach(function (x) { walk(k, x); });
      else Object.keys(v).forEach(function (x) { term(x); walk(x, v[x]); });
    })("", without(without(receipt, "@context"), "kt:proof"));
    return out;
  }

  // ---- the whole ----

  // verify gives {ok, steps: [{step, ok, note}], …}, or throws Unreadable.
  async function verify(bytes, given, rules) {
    if (bytes.length > MAX) throw new Unreadable("a receipt is at most 1 MB");
    var source;
    try { source = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes); } catch (e) { throw new Unreadable("it is not whole JSON in UTF-8"); }
    var receipt = parse(source), p = object(receipt, "kt:proof");
    var ofCase = text(receipt, "@type") === rules.caseType;
    if (!ofCase && text(receipt, "@type") !== "dpv:ConsentReceipt" || !p) throw new Unreadable("it has no proof, or is none of a permission or a request");
    var salt = fromBase64(text(p, "kt:salt")), sum = /^sha256:([0-9a-f]{64})$/.exec(text(p, "kt:evidenceDigest"));
    if (!salt || salt.length !== 16) throw new Unreadable("its salt is not 16 bytes in base 64");
    if (!sum) throw new Unreadable("the digest of its evidence is none");
    var e = readEntry(text(p, "kt:entry"), rules), own = texts(p, "kt:key"), keys = given.length ? given : own;
    if ((e.kind === "case") !== ofCase) throw new Unreadable("its entry is of another kind than itself");
    var r = { ok: true, steps: [], kind: e.kind, entry: e, own: !given.length, names: own.map(function (k) { return k.split("+").slice(0, 2).join("+"); }), receipt: receipt };
    function step(name, ok, note) { r.steps.push({ step: name, ok: ok, note: note || "" }); r.ok = r.ok && ok; }

    var missing = check(receipt, rules);
    step("form", !missing.length, missing.join("; "));
    step("key", r.own || own.length > 0 && own.every(function (k) { return given.indexOf(k) >= 0; }), r.own ? "own" : "");

    var seal = await openNote(text(receipt, "kt:seal"), keys);
    step("seal", !!seal && seal.text === rules.sealLine + toBase64(await sha256(utf8.encode(canonical(without(receipt, "kt:seal"))))) + "\n");

    var digest = Uint8Array.from(sum[1].match(/../g), function (x) { return parseInt(x, 16); });
    var leaf = join([e.leaf], await sha256(e.bytes ? join(salt, e.bytes) : join(salt, digest, utf8.encode(text(p, "kt:entry")))));
    var proof = readProof(text(p, "kt:log")), any = proof && await openHead(proof.head, keys.concat(own)), head = proof && await openHead(proof.head, keys);
    step("log", !!any && await leads(leaf, proof, any));
    step("head", !!head);
    r.index = proof ? proof.index : 0; r.size = head ? head.size : 0;

    var differ = differences(receipt, e, rules);
    step("same", !differ.length, differ.join(", "));
    if (typeof p["kt:evidence"] === "string") step("evidence", same(await sha256(join(salt, utf8.encode(p["kt:evidence"]))), digest));
    else step("evidence", true, /^0+$/.test(sum[1]) ? "none" : "withheld");
    return r;
  }

  // able says whether this browser can check signatures: it needs WebCrypto with
  // Ed25519, which pages without https do not get.
  async function able() {
    if (!window.crypto || !crypto.subtle) return false;
    try { await crypto.subtle.importKey("raw", new Uint8Array(32).fill(0).map(function (x, i) { return i ? 0 : 1; }), { name: "Ed25519" }, false, ["verify"]); return true; } catch (e) { return false; }
  }

  // ---- the page ----

  function show(page) {
    var words = JSON.parse(page.dataset.words), rules = JSON.parse(page.dataset.rules), keys = JSON.parse(page.dataset.keys);
    var input = page.querySelector("input[type=file]"), drop = page.querySelector("[data-drop]"), out = page.querySelector("[data-result]");
    function make(tag, cls, content) {
      var el = document.createElement(tag);
      if (cls) el.className = cls;
      if (content) el.textContent = content;
      return el;
    }
    function say(state, sentence) {
      out.replaceChildren();
      out.dataset.state = state;
      out.hidden = false;
      out.append(make("p", "same " + (state === "ok" ? "yes" : "no"), (state === "ok" ? "✓ " : "✗ ") + sentence));
    }
    function fill(s, values) { return s.replace(/\{(\w+)\}/g, function (m, k) { return k in values ? values[k] : m; }); }
    function facts(r) {
      var rec = objects(r.receipt, "dpv:hasRecordOfActivity")[0] || {}, dl = make("dl", "facts");
      function pair(k, v) { if (v) { var d = make("div"); d.append(make("dt", "", words["fact_" + k]), make("dd", "", v)); dl.append(d); } }
      function date(s) { return new Date(s).toLocaleString(document.documentElement.lang); }
      pair("controller", text(object(rec, "dpv:hasDataController"), "dpv:hasName"));
      if (r.kind === "case") return caseFacts(r, pair, dl);
      pair("what", words["kind_" + r.kind]);
      pair("purposes", objects(rec, "dpv:hasProcess").map(function (x) { return text(object(object(x, "dpv:hasPurpose"), "dct:title"), "@value"); }).join(", "));
      pair("at", date(r.entry.effective));
      pair("recorded", date(r.entry.recorded));
      pair("place", fill(words.fact_place_value, { index: r.index + 1, size: r.size }));
      pair("key", r.names.join(", "));
      return dl;
    }
    function caseFacts(r, pair, dl) {
      var a = r.entry.answered;
      function day(s) { return s && new Date(s + "T12:00:00").toLocaleDateString(document.documentElement.lang); }
      pair("what", words.kind_case + ": " + words["case_" + a.asked]);
      pair("case", r.entry.object);
      pair("arrived", day(a.received));
      pair("extended", day(a.extended));
      pair("answered", day(a.closed) + ", " + words["case_" + a.outcome]);
      pair("code", a.code);
      pair("manifest", a.manifest);
      pair("certificate", a.certificate);
      pair("place", fill(words.fact_place_value, { index: r.index + 1, size: r.size }));
      pair("key", r.names.join(", "));
      return dl;
    }
    function report(r) {
      say(r.ok ? "ok" : "wrong", r.ok ? (r.own ? words.whole : words.holds) : words.fails);
      var list = make("ol", "steps");
      r.steps.forEach(function (s) {
        var li = make("li"), name = "step_" + s.step + (!s.ok ? "_no" : s.note && words["step_" + s.step + "_" + s.note] ? "_" + s.note : "");
        li.dataset.step = s.step;
        li.dataset.ok = s.ok;
        li.append(make("b", "", s.ok ? "✓" : "✗"), make("span", "", words[name]));
        if (!s.ok && s.note) li.lastChild.append(make("span", "src", " " + s.note));
        list.append(li);
      });
      out.append(list, facts(r));
      out.focus();
    }
    async function take(file) {
      if (!file) return;
      try {
        if (file.size > MAX) throw new Unreadable("a receipt is at most 1 MB");
        report(await verify(new Uint8Array(await file.arrayBuffer()), keys, rules));
      } catch (e) {
        if (!(e instanceof Unreadable)) throw e;
        say("unreadable", words.unreadable);
        out.append(make("p", "src", e.message));
        out.focus();
      }
    }
    able().then(function (yes) {
      page.querySelector("[data-without]").hidden = true;
      if (!yes) { page.querySelector("[data-unable]").hidden = false; return; }
      drop.hidden = false;
      input.addEventListener("change", function () { take(input.files[0]); input.value = ""; });
      drop.addEventListener("dragover", function (e) { e.preventDefault(); drop.classList.add("over"); });
      drop.addEventListener("dragleave", function () { drop.classList.remove("over"); });
      drop.addEventListener("drop", function (e) { e.preventDefault(); drop.classList.remove("over"); take(e.dataTransfer.files[0]); });
    });
    window.kartotekReceipt = { verify: function (bytes, given) { return verify(bytes, given || keys, rules); } };
  }

  function ready() { var page = document.querySelector("[data-receipt]"); if (page) show(page); }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready); else ready();
})();
