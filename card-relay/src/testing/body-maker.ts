/**
 * Makes request bodies from a stream of random bytes, so that fast-check can seed and shrink them: a byte of 0 always
 * makes the plainest choice, and so does the end of the stream. Most bodies are charges with something odd in them.
 */
export type Choose = (count: number) => number

export function makeChooser(bytes: Uint8Array): Choose {
  let at = 0
  return (count) => (bytes[at++] ?? 0) % count
}

/** Cards of several brands, with right check digits and digits that are packed as control characters and quotes. */
export const cardNumbers = [
  '4242424242424242',
  '378282246310005',
  '2223003122003222',
  '6799990100000000019',
  '4222222222222',
]

const spaces = ['', ' ', '\n', '\t', '\r\n ']
const badSpaces = ['\u000b', '\u00a0', '\ufeff', '\0', '/**/']
const goodNumbers = [
  '0',
  '7',
  '-0',
  '12.5',
  '-1e3',
  '1E+2',
  '1e-7',
  '0.0',
  '10',
  '0e5',
  '1e999',
  '-0.0e0',
  '9007199254740993',
]
const badNumbers = ['01', '-', '+1', '1.', '.5', '0x1', '1e', '00', 'NaN', 'Infinity', '1_0', '--1', '1e+', '-01', '٣']
const words = ['true', 'false', 'null', 'tru', 'True', 'truely', 'nul', 'undefined']
/** Pieces of texts: the plain ones first, then what is JSON but odd, then what is none. */
const goodPieces = [
  '',
  'a',
  'order 7',
  'é',
  '😀',
  '\\u00e9',
  '\\ud83d\\ude00',
  '\\ud800',
  '\\udc00',
  '\\"',
  '\\\\',
  '\\/',
  '\\b',
  '\\n',
  '\u007f',
  '\u2028',
  '\\u0000',
  '4242',
  '{',
  '}',
  '[',
  ',',
  ':',
  '*',
  '\\u0022',
  '\ufeff',
  "'",
]
const badPieces = ['\\', '"', '\n', '\0', '\\x41', '\\u12', '\\u12g4', '\\U0041', '\t', '\u001f', '\\u', '\\"\\']
/** As latin1: overlong forms, half characters, surrogates, and code points beyond the last. */
const badBytes = [
  '\xc0\x80',
  '\xc1\xbf',
  '\xe0\x80\xaf',
  '\x80',
  '\xed\xa0\x80',
  '\xf4\x90\x80\x80',
  '\xff',
  '\xe2\x82',
  '\xf8\x88\x80\x80\x80',
]
const names = [
  'amount',
  'currency',
  'payment_method',
  'card',
  'number',
  'cvc',
  'type',
  'metadata',
  'a',
  'a',
  'b',
  'status',
  '',
  'é',
  '\\u00e9',
  '__proto__',
  'constructor',
  'card.number',
  'payment_method.card.number',
  'Number',
  'number ',
  'n\\u0075mber',
  'c\\u0061rd',
  'p\\u0061yment_method',
  'cvc\\u0000',
  '\\ud800',
  'toString',
  '4242424242424242',
  '1',
  '2',
]

/** One body as bytes, and the card that it means to send. */
export function makeBody(choose: Choose): { bytes: Buffer; number: string } {
  const number = pick(choose, cardNumbers)
  const bytes = Buffer.from(makeText(choose, number), 'latin1')
  return { bytes: choose(4) === 1 ? mutate(choose, bytes, number) : bytes, number }
}

function makeText(choose: Choose, number: string): string {
  const space = () => makeSpace(choose)
  const card = makeObject(choose, number, [
    [
      'number',
      pickRarely(
        choose,
        [
          `"${number}"`,
          number,
          `"${number.replace(/^./, (digit) => `\\u003${digit}`)}"`,
          'null',
          '{}',
          '"4242"',
          `["${number}"]`,
          `" ${number}"`,
          '""',
          `"${number}0"`,
        ],
        6,
      ),
    ],
    [
      'cvc',
      pickRarely(choose, ['"737"', '"0000"', '737', 'null', '"73"', '"7\\u00337"', '[]', '"737 "', '"73737"'], 6),
    ],
    ['exp_month', pickRarely(choose, goodNumbers, 3)],
  ])
  const inner = pickRarely(choose, [card, `[${card}]`, `{"card":${card}}`, '[]', 'null', `{"number":"${number}"}`], 6)
  const method = makeObject(choose, number, [
    ['type', '"card"'],
    ['card', inner],
  ])
  const root = makeObject(choose, number, [
    ['amount', '1000'],
    ['payment_method', pickRarely(choose, [method, `[${method}]`, card, '"card"', `{"payment_method":${method}}`], 6)],
  ])
  const before = pickRarely(choose, ['', '\xef\xbb\xbf', '\0', '[', '//', '\xfe\xff'], 30)
  const after = pickRarely(choose, ['', '{}', '}', '\0', ',', ']', '1', ' ', '\n\n', '#', root], 15)
  return `${before}${space()}${root}${space()}${after}`
}

/** An object with the given members in any order, at times with others between them, which may have the same names. */
function makeObject(choose: Choose, number: string, members: [string, string][]): string {
  const all = [...members]
  for (let count = pickRarely(choose, [0, 1, 2, 3], 2); count > 0; count--) {
    const name =
      choose(3) === 0 ? utf8(pick(choose, names)) : pick(choose, ['x', 'y', 'z', 'description', 'metadata', 'note'])
    all.splice(choose(all.length + 1), 0, [name, makeValue(choose, number, 0)])
  }
  if (choose(6) === 1) all.push(all.shift() ?? ['a', '1'])
  const space = () => makeSpace(choose)
  const text = all.map(([name, value]) => `${space()}"${name}"${space()}:${space()}${value}${space()}`).join(',')
  return `{${text}${pickRarely(choose, ['', ',', ',,'], 60)}}`
}

function makeValue(choose: Choose, number: string, depth: number): string {
  const kind = choose(depth > 3 ? 4 : 8)
  if (kind === 0) return makeString(choose)
  if (kind === 1) return utf8(pick(choose, choose(20) === 1 ? badNumbers : goodNumbers))
  if (kind === 2) return pick(choose, choose(20) === 1 ? words : words.slice(0, 3))
  if (kind === 3) return choose(4) === 1 ? makeSecondPlace(choose, number) : '1'
  if (kind === 4) return nest(choose)
  if (kind === 5) return `[${Array.from({ length: choose(4) }, () => makeValue(choose, number, depth + 1)).join(',')}]`
  const members = Array.from({ length: choose(4) }, () => {
    return `"${utf8(pick(choose, names))}":${makeValue(choose, number, depth + 1)}`
  })
  return `{${members.join(',')}}`
}

function makeSpace(choose: Choose): string {
  const kind = choose(256)
  return kind === 255 ? utf8(pick(choose, badSpaces)) : kind > 220 ? pick(choose, spaces) : ''
}

function makeString(choose: Choose): string {
  const pieces = Array.from({ length: choose(4) }, () => {
    const kind = choose(100)
    return kind === 99 ? pick(choose, badBytes) : utf8(pick(choose, kind === 98 ? badPieces : goodPieces))
  })
  return `"${pieces.join('')}"`
}

/** The card's number where it must not stand, in one of the ways that it may be written. */
function makeSecondPlace(choose: Choose, number: string): string {
  const percent = number.replace(/./g, '%3$&')
  const ways = [
    `"${number}"`,
    number,
    `"${number.replace(/..../g, '$& ')}"`,
    `"${number.replace(/..../g, '$&-')}"`,
    `"${percent}"`,
    `"${number.replace(/./g, '\\u003$&')}"`,
    `"${Buffer.from(number).toString('base64')}"`,
    `"${Buffer.from(number).toString('hex')}"`,
    `[${number.replace(/..../g, '"$&",')}"1"]`,
    `{"${number}":1}`,
    `-${number}.0`,
    `"x${number}x"`,
    `"${number.slice(0, -1)}"`,
  ]
  return pick(choose, ways)
}

/** Depths around the bound of 32, and far beyond it. */
function nest(choose: Choose): string {
  const depth = pick(choose, [1, 27, 28, 29, 30, 31, 32, 33, 300])
  const inner = pick(choose, ['', '1', '{}', '{"a":1}'])
  return choose(2) === 0
    ? `${'['.repeat(depth)}${inner}${']'.repeat(depth)}`
    : `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
}

const insertions = [
  '"',
  ',',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ':',
  '0',
  '-',
  '.',
  'e',
  ' ',
  '\0',
  '\xc3',
  '"number":"1",',
  '"cvc":"1",',
  '\\u0034',
  '/',
  '\xef\xbb\xbf',
  '"a":1,"a":2,',
]

/** Flips a bit, inserts, deletes, swaps bytes, or splices the body with another. */
function mutate(choose: Choose, body: Buffer, number: string): Buffer {
  let bytes: Buffer = body
  for (let count = 1 + choose(3); count > 0; count--) {
    const at = (choose(256) * 256 + choose(256)) % (bytes.length + 1)
    const kind = choose(5)
    if (kind === 0) bytes = replace(bytes, at, 0, Buffer.from(pick(choose, insertions), 'latin1'))
    else if (kind === 1) bytes = replace(bytes, at, 1 + choose(3), Buffer.alloc(0))
    else if (kind === 2) bytes = replace(bytes, at, 1, Buffer.from([(bytes[at] ?? 0) ^ (1 << choose(8))]))
    else if (kind === 3) bytes = replace(bytes, at, 2, Buffer.from([bytes[at + 1] ?? 0x20, bytes[at] ?? 0x20]))
    else {
      const other = Buffer.from(makeText(choose, number), 'latin1')
      bytes = Buffer.concat([
        bytes.subarray(0, at),
        other.subarray((choose(256) * 256 + choose(256)) % (other.length + 1)),
      ])
    }
  }
  return bytes
}

function replace(bytes: Buffer, at: number, length: number, by: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), by, bytes.subarray(at + length)])
}

function pick<Value>(choose: Choose, values: readonly Value[]): Value {
  const value = values[choose(values.length)]
  if (value === undefined) throw new Error('There is nothing to pick from')
  return value
}

/** The first one, but for every so many times. */
function pickRarely<Value>(choose: Choose, values: readonly Value[], times: number): Value {
  return choose(times + 1) === times ? pick(choose, values) : pick(() => 0, values)
}

/** The bytes of a text as latin1 characters, in which bodies are put together. */
function utf8(text: string): string {
  return Buffer.from(text).toString('latin1')
}
