import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { scanJson } from './json-scanner.ts'
import { checkBody } from './testing/scanner-check.ts'

describe('the JSON scanner', () => {
  const accepted = [
    '{}',
    ' \t\r\n{ "a" : [ 1 , -0.5e+3 , 0 , 10E2 , true , false , null , "x" , { } , [ ] ] } \n',
    '{"":""}',
    '{"a":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00"}',
    '{"lone":"\\ud800","\\udc00":1}',
    '{"é😀":"\u007f\u2028"}',
    '{"__proto__":1,"constructor":2}',
    '{"a":{"k":1},"b":{"k":1}}',
    `{"a":${'['.repeat(31)}${']'.repeat(31)}}`,
  ]
  for (const text of accepted) {
    it(`accepts ${text.slice(0, 60).trim()}`, () => {
      JSON.parse(text)
      assert.ok('tokens' in scanJson(Buffer.from(text), []))
    })
  }

  const reasons = {
    not_an_object: /one JSON object/,
    syntax: /not valid JSON/,
    duplicate_key: /same key twice/,
    too_deep: /nested too deeply/,
    too_many_keys: /too many keys/,
  }
  const refused = [
    ['an empty body', '', 'not_an_object'],
    ['only spaces', '  ', 'not_an_object'],
    ['an array', '[]', 'not_an_object'],
    ['a string', '"a"', 'not_an_object'],
    ['a byte order mark', '\ufeff{}', 'not_an_object'],
    ['an open object', '{', 'syntax'],
    ['a trailing comma', '{"a":1,}', 'syntax'],
    ['a leading comma', '{,"a":1}', 'syntax'],
    ['a trailing comma in an array', '{"a":[1,]}', 'syntax'],
    ['a key without quotes', '{a:1}', 'syntax'],
    ['single quotes', "{'a':1}", 'syntax'],
    ['a missing colon', '{"a" 1}', 'syntax'],
    ['a missing value', '{"a":}', 'syntax'],
    ['a comment', '{"a":1/**/}', 'syntax'],
    ['NaN', '{"a":NaN}', 'syntax'],
    ['a word cut short', '{"a":tru}', 'syntax'],
    ['a word that goes on', '{"a":truely}', 'syntax'],
    ['a leading zero', '{"a":01}', 'syntax'],
    ['a leading plus', '{"a":+1}', 'syntax'],
    ['a lone minus', '{"a":-}', 'syntax'],
    ['an ending dot', '{"a":1.}', 'syntax'],
    ['a leading dot', '{"a":.5}', 'syntax'],
    ['an empty exponent', '{"a":1e}', 'syntax'],
    ['a hexadecimal number', '{"a":0x1}', 'syntax'],
    ['a raw line feed in a string', '{"a":"\n"}', 'syntax'],
    ['a NUL byte in a string', '{"a":"\0"}', 'syntax'],
    ['an unknown escape', '{"a":"\\x41"}', 'syntax'],
    ['a short unicode escape', '{"a":"\\u12"}', 'syntax'],
    ['a string that never ends', '{"a":"b', 'syntax'],
    ['an escape at the end', '{"a":"\\', 'syntax'],
    ['a vertical tab as space', '{\v}', 'syntax'],
    ['a no-break space as space', '{\u00a0}', 'syntax'],
    ['a second object', '{}{}', 'syntax'],
    ['a closing brace too many', '{}}', 'syntax'],
    ['a NUL byte at the end', '{}\0', 'syntax'],
    ['a key twice', '{"a":1,"b":2,"a":1}', 'duplicate_key'],
    ['a key twice, deep inside', '{"a":[{"b":{"c":1,"c":2}}]}', 'duplicate_key'],
    ['33 levels', `{"a":${'['.repeat(32)}${']'.repeat(32)}}`, 'too_deep'],
    ['a bottomless pit', `{"a":${'['.repeat(60_000)}`, 'syntax'],
    ['a deep pit', `{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}`, 'too_deep'],
    ['513 keys', `{${Array.from({ length: 513 }, (_, index) => `"k${index}":1`).join()}}`, 'too_many_keys'],
  ] as const
  for (const [name, text, reason] of refused) {
    it(`refuses ${name}`, () => {
      const result = scanJson(Buffer.from(text), [])
      assert.match('detail' in result ? (result.detail ?? '') : 'accepted', reasons[reason])
    })
  }

  it('refuses bytes that are not UTF-8', () => {
    for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82]]) {
      const body = Buffer.concat([Buffer.from('{"a":"'), Buffer.from(bytes), Buffer.from('"}')])
      const result = scanJson(body, [])
      assert.match('detail' in result ? (result.detail ?? '') : 'accepted', /UTF-8/)
    }
  })
})

describe('where the scanner finds values', () => {
  const text = '{"a":{"b":"x\\"y","c":[{"b":1}],"d":-1.5e3},"b":2,"a.b":3,"e":null,"a1":7,"a2":8}'
  const find = (...wanted: string[]) => {
    const scan = scanJson(Buffer.from(text), wanted)
    assert.ok('tokens' in scan)
    return scan.tokens.flatMap(({ kind, start, end, path }) =>
      path === null ? [] : [`${kind} ${path} ${text.slice(start, end)}`],
    )
  }
  const cases = [
    ['a text, and the keys on its way', ['a.b'], ['key a a', 'key a.b b', 'string a.b x\\"y']],
    ['a number', ['a.d'], ['key a a', 'key a.d d', 'number a.d -1.5e3']],
    ['a word', ['e'], ['key e e', 'other e null']],
    ['an object', ['a'], ['key a a', 'other a {']],
    ['two of which one has a digit like the other’s', ['a2'], ['key a2 a2', 'number a2 8']],
    ['none inside an array', ['a.c.b'], ['key a a', 'key a.c c']],
    ['none that is not there', ['x.y'], []],
  ] as const
  for (const [name, wanted, expected] of cases) {
    it(`finds ${name}`, () => assert.deepEqual(find(...wanted), expected))
  }
})

describe('what JSON.parse gets to see', () => {
  it('is a text in which no string says anything, and no digit is left but ones, and zeros that begin a number', (context) => {
    const parse = context.mock.method(JSON, 'parse')
    scanJson(Buffer.from('{"n":"4000056655665556","a":[0,10,-0.05,1e-08,"\\u0030\\u00e9"],"0042":"x\\n2"}'), [])
    const [call] = parse.mock.calls
    const masked = '{"x":"xxxxxxxxxxxxxxxx","x":[0,11,-0.01,1e-01,"\\u1111\\u1111"],"xxxx":"x\\nx"}'
    assert.equal(call?.arguments[0], masked)
  })

  it('says nothing of a card either that stands in what is no JSON', (context) => {
    const parse = context.mock.method(JSON, 'parse')
    // Base64 of a number, which has no digit but ones, outside of a string and in escapes that are none.
    for (const text of ['{NjIzMTA1}', '{"a":"\\N\\j\\I\\z","b":"\\uNjIzMTA1"}']) scanJson(Buffer.from(text), [])
    const texts = parse.mock.calls.map((call) => call.arguments[0])
    assert.deepEqual(texts, ['{???????1}', '{"x":"\\?\\?\\?\\?","x":"\\u????xxxx"}'])
  })
})

/** Fixed, so that a failure comes again; printed, so that another run can take another. */
const seed = Number(process.env.SCANNER_SEED ?? 20_261_123)
const runs = 6_000

describe('the scanner against JSON.parse', () => {
  it(`agrees on ${runs} generated and mutated bodies (seed ${seed})`, async (context) => {
    const counts = new Map<string, number>()
    const check = async (random: Uint8Array) => {
      const result = await checkBody(random)
      counts.set(result, (counts.get(result) ?? 0) + 1)
    }
    const random = fc.uint8Array({ minLength: 200, maxLength: 200 })
    // Half of the bodies are no JSON, and a stack for each error would cost more than the check.
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    try {
      await fc.assert(fc.asyncProperty(random, check), { numRuns: runs, seed })
    } finally {
      Error.stackTraceLimit = stackTraceLimit
    }
    context.diagnostic(JSON.stringify(Object.fromEntries(counts)))
    // A generator that made only good bodies, or only bad ones, would show too little.
    const codes = [
      'malformed_json',
      'card_field_ambiguous',
      'card_number_missing',
      'card_number_invalid',
      'card_cvc_invalid',
    ]
    for (const code of ['taken', ...codes])
      assert.ok((counts.get(code) ?? 0) > runs / 100, `${code}: ${counts.get(code)}`)
  })

  it('accepts every object that JSON.stringify writes, within its bounds', () => {
    // Any code points, halves of pairs among them.
    const text = fc.array(fc.nat(0x10ffff), { maxLength: 8 }).map((codes) => String.fromCodePoint(...codes))
    const objects = fc.dictionary(text, fc.oneof(text, fc.jsonValue({ maxDepth: 5 })), { maxKeys: 6 })
    fc.assert(
      fc.property(objects, (value) => 'tokens' in scanJson(Buffer.from(JSON.stringify(value)), [])),
      { numRuns: 3_000, seed },
    )
  })
})
