// The machines in JavaScript: include/barewire.h over WebAssembly. Thirty lines drive them; the rest are names.

const KINDS = ["other", "detected", "data", "request", "response", "interim", "continue", "end", "upgraded", "message",
  "start", "peer closed", "text", "binary", "ping", "pong", "close"];
const NEXTS = ["event", "needs input", "needs flush", "needs the application", "done"];
export const PROTOCOLS = { raw: 1, detect: 2, "http1-server": 3, "http1-client": 4, message: 5, "websocket-server": 8,
  "websocket-client": 9 };
const EVENT = 56, SPANS = 256, SCRATCH = EVENT + SPANS;

/** From the module's bytes, or a promise of a response. It imports nothing. */
export async function load(source) {
  const wasm = await source;
  const made = wasm instanceof Response ? WebAssembly.instantiateStreaming(wasm) : WebAssembly.instantiate(wasm);
  return (await made).instance.exports;
}

/** One connection. Bytes and the time go in, events and bytes come out. */
export class Connection {
  constructor(wasm, protocol) {
    this.wasm = wasm;
    this.scratch = wasm.bw_alloc(SCRATCH);
    this.check(wasm.bw_connection_new(PROTOCOLS[protocol] ?? protocol, 0, this.scratch));
    this.pointer = this.view().getUint32(this.scratch, true);
  }
  free() {
    this.wasm.bw_connection_free(this.pointer);
    this.wasm.bw_free(this.scratch, SCRATCH);
  }
  /** Gives bytes, and says how many were taken. */
  feed(bytes) {
    this.check(this.lend([bytes], (at, n) => this.wasm.bw_feed(this.pointer, at, n, this.scratch)));
    return this.view().getUint32(this.scratch, true);
  }
  /** An event; or a string: who must act; or an Error: how the peer broke the rules. `now` is in nanoseconds. */
  poll(now) {
    const next = this.wasm.bw_poll(this.pointer, BigInt(now), this.scratch, EVENT);
    if (next < 0) return new Error(this.name(next));
    return next === 0 ? this.event() : NEXTS[next];
  }
  /** All that is to be sent, and says that it was. */
  output() {
    const pieces = [];
    for (let count = 1; count > 0;) {
      this.check(this.wasm.bw_output(this.pointer, this.scratch, SPANS / 8, this.scratch + SPANS));
      count = this.view().getUint32(this.scratch + SPANS, true);
      const spans = Array.from({ length: count }, (_, i) => this.span(this.scratch + 8 * i));
      pieces.push(...spans);
      this.check(this.wasm.bw_advance(this.pointer, spans.reduce((sum, span) => sum + span.length, 0)));
    }
    return Uint8Array.from(pieces.flatMap((piece) => [...piece]));
  }
  /** Any function of the header's on this connection. Texts and bytes become pointer and length, and so do fields, which
   * are a list of pairs. Ids and lengths of 64 bits are BigInts. */
  call(name, ...args) {
    return this.lend(args, (...flat) => this.wasm["bw_" + name](this.pointer, ...flat));
  }

  lend(args, call) {
    const lent = [];
    const place = (bytes) => {
      const at = this.wasm.bw_alloc(bytes.length);
      new Uint8Array(this.wasm.memory.buffer).set(bytes, at);
      lent.push([at, bytes.length]);
      return [at, bytes.length];
    };
    const flat = args.flatMap((arg) => {
      if (typeof arg === "string") return place(new TextEncoder().encode(arg));
      if (arg instanceof Uint8Array) return place(arg);
      if (!Array.isArray(arg)) return [arg];
      const words = Uint32Array.from(arg.flatMap((pair) => pair.flatMap((text) => place(new TextEncoder().encode(text)))));
      return [place(new Uint8Array(words.buffer))[0], arg.length];
    });
    try {
      return call(...flat);
    } finally {
      for (const [at, length] of lent) this.wasm.bw_free(at, length);
    }
  }
  event() {
    const view = this.view(), word = (at) => view.getUint32(this.scratch + at, true);
    const fields = Array.from({ length: word(28) }, (_, i) => [this.text(word(32) + 16 * i), this.text(word(32) + 16 * i + 8)]);
    return { kind: KINDS[word(0)] ?? "other", flags: word(4), code: word(24), fields, id: view.getBigUint64(this.scratch + 8, true),
      length: view.getBigUint64(this.scratch + 16, true), name: this.text(this.scratch + 36), data: this.span(this.scratch + 44) };
  }
  span(at) {
    const view = this.view();
    return new Uint8Array(this.wasm.memory.buffer, view.getUint32(at, true), view.getUint32(at + 4, true)).slice();
  }
  text(at) {
    return new TextDecoder().decode(this.span(at));
  }
  name(code) {
    const at = this.wasm.bw_error_name(code), bytes = new Uint8Array(this.wasm.memory.buffer, at);
    return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
  }
  check(code) {
    if (code < 0) throw new Error(this.name(code));
    return code;
  }
  view() {
    return new DataView(this.wasm.memory.buffer);
  }
}
