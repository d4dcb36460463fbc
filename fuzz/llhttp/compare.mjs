// Feeds generated and mutated requests to llhttp, Node's parser, and to ours, and compares what each makes of them.
//
//   node compare.mjs [count [seed]]
//
// One-sided: whatever we accept, llhttp accepts, and reads the same from it, but for what LOOSER names. What we refuse
// and llhttp accepts is counted by our reason.

import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const require = createRequire(import.meta.url)
const { METHODS } = require('undici/lib/llhttp/constants.js')
const count = Number(process.argv[2] ?? 20000)
let state = BigInt(process.argv[3] ?? 1)

// SplitMix64, as in our own tests.
const random = () => {
  state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n)
  let z = state
  z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n)
  z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn)
  return Number((z ^ (z >> 31n)) >> 33n)
}
const below = (n) => random() % n
const pick = (list) => list[below(list.length)]

// llhttp

const methods = Object.fromEntries(Object.entries(METHODS).map(([name, number]) => [number, name]))
let seen
const at = (pointer, length) => Buffer.from(new Uint8Array(llhttp.memory.buffer, pointer, length))
const append = (name) => (_, pointer, length) => {
  seen[name] = Buffer.concat([seen[name], at(pointer, length)])
  return 0
}
const { instance } = await WebAssembly.instantiate(require('undici/lib/llhttp/llhttp-wasm.js'), {
  env: {
    wasm_on_message_begin: () => {
      Object.assign(seen, { url: Buffer.alloc(0), fields: [], body: Buffer.alloc(0), head: true })
      return 0
    },
    wasm_on_url: append('url'),
    wasm_on_status: () => 0,
    // Names and values may come in pieces only where the input does, and it doesn't.
    wasm_on_header_field: (_, pointer, length) => {
      if (seen.head) seen.fields.push([at(pointer, length), Buffer.alloc(0)])
      return 0
    },
    wasm_on_header_value: (_, pointer, length) => {
      if (seen.head) seen.fields.at(-1)[1] = Buffer.concat([seen.fields.at(-1)[1], at(pointer, length)])
      return 0
    },
    wasm_on_headers_complete: () => {
      seen.head = false
      return 0
    },
    wasm_on_body: append('body'),
    wasm_on_message_complete: (parser) => {
      const line = `${methods[llhttp.llhttp_get_method(parser)]} ${seen.url.toString('latin1')}\n`
      const fields = seen.fields.map(([name, value]) => `${name.toString('latin1')}:${trim(value.toString('latin1'))}\n`)
      seen.whole.push(Buffer.from(`${line}${fields.join('')}\n${seen.body.toString('latin1')}`, 'latin1').toString('hex'))
      return 0
    },
  },
})
const llhttp = instance.exports
const trim = (value) => value.replace(/^[ \t]+|[ \t]+$/g, '')
const codes = Object.fromEntries(Object.entries(require('undici/lib/llhttp/constants.js').ERROR).map(([k, v]) => [v, k]))

function theirs (input) {
  seen = { whole: [] }
  const parser = llhttp.llhttp_alloc(1)
  const pointer = llhttp.malloc(input.length + 1)
  new Uint8Array(llhttp.memory.buffer, pointer, input.length).set(input)
  const code = llhttp.llhttp_execute(parser, pointer, input.length)
  llhttp.free(pointer)
  llhttp.llhttp_free(parser)
  return { whole: seen.whole, end: codes[code] ?? code }
}

// Inputs

const LINES = [
  'GET / HTTP/1.1', 'POST /a?b=c HTTP/1.1', 'HEAD http://h:80/x HTTP/1.1', 'OPTIONS * HTTP/1.1', 'PUT /%41/~;x HTTP/1.1',
  'CONNECT h:1 HTTP/1.1', 'GET / HTTP/1.0', 'DELETE /x#y HTTP/1.1', 'GET  / HTTP/1.1', 'get / HTTP/1.1', 'PURGE /"x" HTTP/1.1',
  'GET / HTTP/1.2', 'GET / HTTP/2.0', 'GET /', 'FOO / HTTP/1.1', 'GET x HTTP/1.1', 'GET / HTTP/1.1 ', 'PRI * HTTP/2.0',
]
const FIELDS = [
  'Host: h', 'host:h:80', 'Host: [::1]', 'Host: a b', 'Content-Length: 5', 'Content-Length: 0', 'Content-Length: +5',
  'Content-Length: 5, 5', 'Content-Length: 05', 'Content-Length:5 ', 'Content-Length: ', 'Content-Length: 18446744073709551616',
  'Transfer-Encoding: chunked', 'Transfer-Encoding: Chunked', 'Transfer-Encoding: gzip, chunked', 'Transfer-Encoding: chunked, gzip',
  'Transfer-Encoding: chunked, chunked', 'Transfer-Encoding: ,chunked', 'Transfer-Encoding:\tchunked\t', 'Transfer-Encoding: xchunked',
  'Transfer-Encoding : chunked', 'Transfer-Encoding: "chunked"', 'Transfer-Encoding: chunked;q=1', 'Transfer-Encoding:',
  'Connection: close', 'Connection: keep-alive', 'Connection: upgrade', 'Upgrade: x', 'Connection: close, x', 'X: y', 'X:', 'X: \t y\t ',
  'X: \x80\xff', ' folded', '\tfolded', 'X : y', ': y', 'X', 'X: a\x00b', 'X: a\x7fb', 'Expect: 100-continue', 'Expect: x', 'TE: trailers',
]
const BODIES = [
  '', '', '', 'hello', '5\r\nhello\r\n0\r\n\r\n', '5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n', '5;a="b;\\""\r\nhello\r\n00\r\n\r\n', '0\r\n\r\n', '5 \r\nhello\r\n0\r\n\r\n',
  '5\nhello\n0\n\n', '+5\r\nhello\r\n0\r\n\r\n', '0x5\r\nhello\r\n0\r\n\r\n', '5\r\nhelloXX0\r\n\r\n', '5\r\nhello\r\n\r\n', 'ffffffffffffffffff\r\n', '5;\r\nhello\r\n0\r\n\r\n',
  '5;a\nhello\r\n0\r\n\r\n', '0\r\nContent-Length: 3\r\n\r\n', '0\r\n folded\r\n\r\n', '0\r\n\n', '00000000000000000005\r\nhello\r\n0\r\n\r\n',
]
const ENDS = ['\r\n', '\r\n', '\r\n', '\r\n', '\r\n', '\r\n', '\r\n', '\r\n', '\n', '\r', '\r\r\n', '\n\r', ' \r\n', '\x0b\r\n']
const BYTES = ['\r', '\n', '\r\n', '\0', ' ', '\t', ':', ';', ',', '=', '"', '\\', '\x0b', '\x0c', '\x7f', '\x80', '\xa0', '\xff', '0', '5', 'a', '+', '-', '_']

function message () {
  const end = () => (below(12) === 0 ? pick(ENDS) : '\r\n')
  let text = pick(below(3) ? LINES.slice(0, 7) : LINES) + end()
  if (below(10)) text += pick(FIELDS.slice(0, 3)) + end()
  const framing = below(3)
  if (framing === 1) text += 'Content-Length: 5' + end()
  if (framing === 2) text += 'Transfer-Encoding: chunked' + end()
  for (let n = below(3); n > 0; n--) text += pick(FIELDS) + end()
  return text + end() + (framing === 1 && below(4) ? 'hello' : framing === 2 && below(4) ? pick(BODIES.slice(4)) : pick(BODIES))
}

function input () {
  let text = ''
  for (let n = 1 + below(3); n > 0; n--) text += message()
  for (let n = below(3); n > 0 && text.length > 0; n--) {
    const where = below(text.length)
    const rest = text.slice(where + below(2))
    text = text.slice(0, where) + (below(3) ? pick(BYTES) : '') + rest
  }
  return Buffer.from(text, 'latin1')
}

// Where we accept what llhttp doesn't. Each is a choice of the standard's side, with its reason.
const LOOSER = [
  ['any token is a method (RFC 9110 §9.1), llhttp knows a list', (end) => end === 'INVALID_METHOD'],
  ['bytes of a target that RFC 3986 has no place for are handed on', (end) => end === 'INVALID_URL'],
  [
    'fields that frame are dropped from trailers (RFC 9110 §6.5.1), llhttp refuses them',
    (end, request) => /(CONTENT_LENGTH|TRANSFER_ENCODING)$/.test(end) && /^transfer-encoding:[\t ,]*chunked[\t ,]*$/im.test(request),
  ],
  [
    'a tab around a value is white space like any other (RFC 9110 §5.5)',
    (end, _, input) => end === 'INVALID_CONTENT_LENGTH' && /^content-length:[ \t]*\d+ *\t[ \t]*\r$/im.test(input),
  ],
  [
    'white space within an extension: "A recipient MUST parse for such bad whitespace" (RFC 9110 §5.6.3)',
    (end, _, input) => /^(INVALID_CHUNK_SIZE|STRICT)$/.test(end) && /^[0-9a-f]+([ \t]+;|;.*[ \t])/im.test(input),
  ],
]

const inputs = Array.from({ length: count }, input)
const framed = inputs.flatMap((bytes) => {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(bytes.length)
  return [length, bytes]
})
const ours = spawnSync('cargo', ['run', '--quiet', '--manifest-path', join(here, 'Cargo.toml')], {
  input: Buffer.concat(framed),
  maxBuffer: 1 << 30,
  stdio: ['pipe', 'pipe', 'inherit'],
})
if (ours.status !== 0) throw new Error(`our side failed: ${ours.status}`)
const lines = ours.stdout.toString().split('\n')

const text = (hex) => Buffer.from(hex, 'hex').toString('latin1')

let accepted = 0
let failures = 0
const looser = new Map()
const stricter = new Map()
const add = (map, key) => map.set(key, (map.get(key) ?? 0) + 1)
for (const [index, bytes] of inputs.entries()) {
  const words = lines[index].split(' ')
  const end = words.pop()
  const their = theirs(bytes)
  accepted += words.length
  for (let i = 0; i < words.length; i++) {
    if (their.whole[i] === words[i]) continue
    const reason = their.whole.length <= i && LOOSER.find(([, applies]) => applies(their.end, text(words[i]), bytes.toString('latin1')))
    if (reason) {
      add(looser, reason[0])
    } else if (failures++ < 5) {
      console.error(`differs (${their.end}):\n  input  ${JSON.stringify(bytes.toString('latin1'))}`)
      console.error(`  ours   ${JSON.stringify(text(words[i]))}`)
      console.error(`  llhttp ${their.whole[i] === undefined ? 'nothing' : JSON.stringify(text(their.whole[i]))}`)
    }
    break
  }
  if (their.whole.length > words.length) add(stricter, end)
}
const table = (map) => [...map].sort((a, b) => b[1] - a[1]).map(([key, n]) => `    ${n}  ${key}\n`).join('')
console.log(`llhttp: ${count} inputs, ${accepted} requests accepted by us; ${failures} read otherwise there`)
console.log(`  accepted here and not there:\n${table(looser)}  accepted there and not here, by our reason:\n${table(stricter)}`)
process.exit(failures > 0 ? 1 : 0)
