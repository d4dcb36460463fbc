// The page: pieces go to a machine, and what it says is written down as it is said.

import { Connection, load } from "/explain/barewire.js";
import { MACHINES, parse, show } from "/explain/machines.js";

const $ = (id) => document.getElementById(id);
const wasm = await load(fetch("/explain/barewire.wasm"));
const SECOND = 1_000_000_000n;
const HUES = ["#c2571b", "#2f6fb2", "#7a4fa3", "#2f8a5b", "#b23a6b", "#8a7a1f", "#28848f", "#6470c4"];

/** A machine, its clock, and what it has understood. */
class Session {
  constructor(machine) {
    this.machine = machine;
    this.connection = new Connection(wasm, machine.id);
    this.connection.heard = [];
    this.now = 0n;
    this.ended = false;
    this.told = 0;
    machine.begin?.(this.connection);
  }
  /** Tells `say` of everything that follows from what was fed so far. Returns who must act. */
  settle(say) {
    for (;;) {
      const next = this.connection.poll(this.now);
      if (next.kind) {
        this.machine.answer(this.connection, next);
        // A machine may have taken the beginning before it could tell the whole.
        const from = this.told;
        this.told = this.position();
        say("event", next, from, this.told);
        continue;
      }
      const out = this.connection.output();
      if (out.length) say("out", out);
      // Asked again, it says when it expects what is next.
      if (out.length) continue;
      const ending = this.connection.call("ending");
      if (ending === 1) this.connection.call("fin_sent");
      if (ending) say("ending", ending === 1 ? "ends its side" : "resets the connection");
      return next;
    }
  }
  feed(bytes) {
    return this.connection.feed(bytes);
  }
  end() {
    this.ended = true;
    this.connection.call("eof");
  }
  /** In milliseconds, or -1. */
  timeout() {
    return this.connection.call("timeout", this.now);
  }
  position() {
    return Number(wasm.bw_position(this.connection.pointer));
  }
  free() {
    this.connection.free();
  }
}

let machine, bytes = new Uint8Array(), cuts = new Set(), session, fed, events, over;

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children.filter((child) => child !== ""));
  return made;
}

function choose(chosen, sample = Object.keys(chosen.samples)[0]) {
  machine = chosen;
  $("about").textContent = machine.about;
  for (const tab of $("machines").children) tab.ariaPressed = String(tab.dataset.id === machine.id);
  $("samples").replaceChildren(element("span", { className: "label", textContent: "Try" }), ...Object.keys(machine.samples).map((name) =>
    element("button", { textContent: name, onclick: () => choose(machine, name) })));
  $("crlf").checked = machine.crlf;
  $("source").value = machine.samples[sample];
  location.replace("#" + machine.id + "/" + encodeURIComponent(sample));
  read();
  cutAtRandom(3);
  begin();
  feed(Infinity);
}

function read() {
  bytes = parse($("source").value, $("crlf").checked);
  cuts = new Set([...cuts].filter((cut) => cut < bytes.length));
}

function cutAtRandom(pieces) {
  // The same for the same bytes, so that a page that is shown twice is the same twice.
  let seed = bytes.reduce((sum, byte) => (sum * 31 + byte) >>> 0, 7 + cuts.size);
  const chance = () => (seed = (seed * 1664525 + 1013904223) >>> 0) / 2 ** 32;
  cuts = new Set();
  for (let i = 1; i < pieces && bytes.length > 1; i++) cuts.add(1 + Math.floor(chance() * (bytes.length - 1)));
}

function begin() {
  session?.free();
  session = new Session(machine);
  [fed, events, over] = [0, 0, false];
  $("log").replaceChildren();
  tape();
  settle();
  compare();
}

/** Draws the bytes, and between each two of them a place to cut. */
function tape() {
  const cells = [...bytes].map((byte, at) => {
    const printable = byte > 32 && byte < 127;
    const sign = printable ? String.fromCharCode(byte) : { 13: "CR", 10: "LF", 32: "␣", 9: "HT", 0: "0" }[byte] ?? "·";
    const glyph = element("b", { textContent: sign, className: printable || byte === 32 ? "" : "control" });
    const cell = element("span", { className: "cell", title: `byte ${at}` }, glyph, element("i", { textContent: byte.toString(16).padStart(2, "0") }));
    const cut = element("button", { className: "cut", title: `cut behind byte ${at}`, ariaPressed: String(cuts.has(at + 1)), onclick() {
      cuts.has(at + 1) ? cuts.delete(at + 1) : cuts.add(at + 1);
      begin();
    } });
    return element("span", { className: "unit" }, cell, at + 1 < bytes.length ? cut : "");
  });
  $("tape").replaceChildren(...cells);
}

const cells = (from, to) => [...$("tape").querySelectorAll(".cell")].slice(from, to);

function pieceEnd() {
  return Math.min(...[...cuts].filter((cut) => cut > fed), bytes.length);
}

function feed(pieces) {
  for (; pieces > 0 && fed < bytes.length && !over; pieces--) {
    const to = pieceEnd(), taken = session.feed(bytes.subarray(fed, to));
    log("in", `${taken} ${taken === 1 ? "byte arrives" : "bytes arrive"}`, `${fed}–${fed + taken}`);
    cells(fed, fed + taken).forEach((cell) => cell.classList.add("fed"));
    fed += taken;
    settle();
    if (taken === 0) break;
  }
  refresh();
}

function settle() {
  const next = session.settle((what, ...told) => ({ event, out, ending })[what](...told));
  over = next instanceof Error || next === "done";
  if (next instanceof Error) {
    log("fault", element("span", { className: "what", textContent: "refused: " + next.message.replaceAll("_", " ") }), `at byte ${session.position()}`);
    cells(session.told, bytes.length).forEach((cell) => cell.style.setProperty("--hue", "var(--fault)"));
  } else {
    log("need", over ? element("b", { textContent: "done" }) : element("span", {}, element("b", { textContent: next })));
  }
  refresh();
}

function event(next, from, to) {
  const hue = HUES[events++ % HUES.length];
  const parts = [element("span", { className: "what", textContent: next.kind })];
  const line = { request: `${next.name} ${show(next.data)}`, response: `${next.code} ${show(next.data)}`, interim: `${next.code} ${show(next.data)}`,
    detected: ["nothing known here", "", "", "HTTP/1", "", "the message protocol", "HTTP/2, which is not served here", "TLS, which is not served here"][next.code],
    message: `of type ${next.code}`, close: next.code ? `${next.code} ${show(next.data)}` : "" }[next.kind];
  if (line) parts.push(" ", element("code", { textContent: line }));
  if (["data", "message", "text", "binary", "ping", "pong"].includes(next.kind) && next.data.length) {
    const shown = next.kind === "text" ? new TextDecoder().decode(next.data) : show(next.data);
    parts.push(" ", element("code", { className: "data", textContent: shown }));
  }
  if (next.kind === "request" || next.kind === "response") {
    const body = next.length === 0n ? "no body" : next.length === 2n ** 64n - 1n ? "a body of unknown length" : `a body of ${next.length} bytes`;
    parts.push(element("span", { className: "hint", textContent: "  " + body }));
  }
  if (next.fields.length) {
    parts.push(element("table", {}, element("tbody", {}, ...next.fields.map(([name, value]) =>
      element("tr", {}, element("td", { textContent: name }), element("td", { textContent: value }))))));
  }
  const item = log("event", element("div", {}, ...parts), to > from ? `bytes ${from}–${to}` : "");
  item.style.setProperty("--hue", hue);
  const covered = cells(from, to);
  covered.forEach((cell) => cell.style.setProperty("--hue", hue));
  item.onmouseenter = () => covered.forEach((cell) => cell.classList.add("lit"));
  item.onmouseleave = () => covered.forEach((cell) => cell.classList.remove("lit"));
}

function out(sent) {
  log("out", element("div", {}, element("span", { className: "what", textContent: `replies ${sent.length} bytes` }), element("pre", { textContent: show(sent) })));
}

function ending(how) {
  log("out", element("span", { className: "what", textContent: how }));
}

function log(kind, what, where = "") {
  const item = element("li", { className: kind }, where ? element("span", { className: "where", textContent: where }) : "", what);
  $("log").append(item);
  return item;
}

function refresh() {
  const left = session.timeout();
  $("now").textContent = `${session.now / SECOND} s`;
  $("deadline").textContent = over || left < 0 ? "no deadline" : `patience ends in ${(left / 1000).toFixed(left % 1000 ? 1 : 0)} s`;
  $("next").disabled = $("rest").disabled = over || fed === bytes.length;
  $("end").disabled = over || session.ended || fed < bytes.length;
  cells(0).forEach((cell, at) => cell.classList.toggle("next", at >= fed && at < pieceEnd() && !over));
}

/** Law 1 of the contract, tried on these bytes: whole, byte by byte, and cut at random. */
function compare() {
  const said = (pieces) => {
    const trial = new Session(machine), words = [], replies = [];
    const say = (what, told) => {
      // A 100 is sent only while the body is awaited: the one reply that depends on the cut, as RFC 9110 means it to.
      if (what === "out") return replies.push(show(told).replace("HTTP/1.1 100 Continue\n\n", ""));
      if (what === "ending") return words.push(told);
      const last = words.at(-1);
      // Data that was cut is data.
      if (told.kind === "data" && last?.[0] === "data") return last[1].push(...told.data);
      words.push(told.kind === "data" ? ["data", [...told.data]] : JSON.stringify([told.kind, told.name, [...told.data], told.fields, told.code]));
    };
    let next = trial.settle(say), at = 0;
    for (const piece of pieces) {
      for (let rest = piece; rest.length && next === "needs input"; next = trial.settle(say)) rest = rest.subarray(trial.feed(rest));
    }
    if (next === "needs input") {
      trial.end();
      next = trial.settle(say);
    }
    trial.free();
    return JSON.stringify([words, replies.join(""), String(next)]);
  };
  const pieces = (every) => Array.from({ length: Math.ceil(bytes.length / every) }, (_, i) => bytes.subarray(i * every, (i + 1) * every));
  const whole = said([bytes]), limit = Math.min(bytes.length, 400);
  let runs = 1, same = true;
  for (let at = 1; at < limit; at++, runs++) same &&= said([bytes.subarray(0, at), bytes.subarray(at)]) === whole;
  for (const every of [1, 2, 3, 7]) {
    same &&= said(pieces(every)) === whole;
    runs++;
  }
  $("law").className = same ? "" : "broken";
  $("law").replaceChildren(element("b", { textContent: same ? "The law of the cut holds. " : "The law of the cut is broken! " }),
    `These bytes were just fed to ${runs} machines, cut at every place and in pieces of 1, 2, 3 and 7: ` +
    (same ? "each told the same events and sent the same replies." : "they differ."));
}

$("machines").append(...MACHINES.map((one) => {
  const tab = element("button", { textContent: one.title, onclick: () => choose(one) });
  tab.dataset.id = one.id;
  return tab;
}));
$("source").oninput = $("crlf").onchange = () => {
  read();
  begin();
};
$("next").onclick = () => feed(1);
$("rest").onclick = () => feed(Infinity);
$("again").onclick = begin;
$("end").onclick = () => {
  session.end();
  log("in", "the stream ends");
  settle();
};
for (const button of document.querySelectorAll("[data-cut]")) {
  button.onclick = () => {
    if (button.dataset.cut === "random") cutAtRandom(2 + Math.min(6, bytes.length >> 3));
    else cuts = new Set(button.dataset.cut === "each" ? bytes.keys() : []);
    cuts.delete(0);
    begin();
  };
}
for (const button of document.querySelectorAll("[data-wait]")) {
  button.onclick = () => {
    session.now += BigInt(button.dataset.wait) * SECOND;
    log("in", `${button.dataset.wait} s pass`);
    settle();
  };
}

const [id, sample] = decodeURIComponent(location.hash.slice(1)).split("/");
const first = MACHINES.find((one) => one.id === id) ?? MACHINES[0];
choose(first, first.samples[sample] === undefined ? undefined : sample);
