import { watchForCardData } from '../tripwire.ts'

/** A random whole number from 0 to `below`, without `below`. */
type Random = (below: number) => number
type Kind = { name: string; make(random: Random): string }

/** How often honest texts of one kind are taken for a card. */
export type FalseAlarms = { name: string; example: string; alarms: number; sample: number }

const seed = 20_261_123

/** What merchants really put into references and metadata; none of it is a card. */
const kinds: readonly Kind[] = [
  { name: '10 random digits', make: (random) => digits(random, 10) },
  { name: '12 random digits (FedEx)', make: (random) => digits(random, 12) },
  { name: '13 random digits', make: (random) => digits(random, 13) },
  { name: '15 random digits (FedEx Ground)', make: (random) => digits(random, 15) },
  { name: '16 random digits', make: (random) => digits(random, 16) },
  { name: '16 random digits in groups of four', make: (random) => inFours(digits(random, 16)) },
  { name: '19 random digits', make: (random) => digits(random, 19) },
  { name: 'date (YYYYMMDD) and 8 digits', make: (random) => dateOf(random) + digits(random, 8) },
  {
    name: 'date (YYMMDD) and 10 digits, years 2022 to 2027',
    make: (random) => shortDateOf(random) + digits(random, 10),
  },
  { name: 'date and running number', make: (random) => `INV-${dateOf(random)}-${digits(random, 6)}` },
  { name: 'Amazon’s order number', make: (random) => `${digits(random, 3)}-${digits(random, 7)}-${digits(random, 7)}` },
  { name: 'Shopify’s order id', make: (random) => `5${digits(random, 12)}` },
  { name: 'Unix time in ms and 3 digits', make: (random) => `${1.77e12 + random(3e10)}${digits(random, 3)}` },
  { name: 'time (RFC 3339)', make: (random) => new Date(1.77e12 + random(3e10)).toISOString() },
  { name: 'snowflake id', make: (random) => snowflakeOf(random) },
  { name: 'UUID', make: (random) => uuidOf(random) },
  { name: 'ULID', make: (random) => `01${pick(random, crockford, 24)}` },
  { name: 'SHA-256 in hexadecimal', make: (random) => pick(random, hexadecimal, 64) },
  { name: 'EAN-13', make: (random) => withEanCheck(`4${digits(random, 11)}`) },
  { name: 'IMEI', make: (random) => withLuhnCheck(`35${digits(random, 12)}`) },
  { name: 'ICCID of a SIM card', make: (random) => withLuhnCheck(`8949${digits(random, 14)}`) },
  { name: 'IBAN', make: (random) => ibanOf(random) },
  { name: 'IBAN in groups of four', make: (random) => inFours(ibanOf(random)) },
  { name: 'telephone number', make: (random) => telephoneOf(random) },
  { name: 'UPS tracking number', make: (random) => `1Z${pick(random, alphanumeric, 6)}${digits(random, 10)}` },
  { name: 'DHL tracking number', make: (random) => dhlOf(random) },
  { name: 'USPS tracking number', make: (random) => inFours(`9400${digits(random, 18)}`) },
]

const hexadecimal = '0123456789abcdef'
const crockford = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const alphanumeric = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'
/** Where an IBAN's account part has letters, and how long it is, by country (ISO 13616). */
const ibanForms = ['DE18n', 'FR23n', 'NL4a10n', 'GB4a14n', 'ES20n', 'IT1a22n', 'AT16n', 'CH17n'] as const

/** Measures `sample` texts of every kind, always the same ones. */
export function measureFalseAlarms(sample: number): FalseAlarms[] {
  return kinds.map(({ name, make }, index) => {
    const random = createRandom(seed + index)
    let example = ''
    let alarms = 0
    for (let round = 0; round < sample; round++) {
      const text = make(random)
      const isTaken = watchForCardData(Buffer.from(JSON.stringify({ merchant_reference: text }))) !== null
      if (isTaken) alarms++
      // One that passes, because these stand in a page.
      else example ||= text
    }
    return { name, example, alarms, sample }
  })
}

/** Mulberry32: small, even enough for digits, and the same on every machine. */
function createRandom(start: number): Random {
  let state = start
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

function pick(random: Random, alphabet: string, count: number): string {
  return Array.from({ length: count }, () => alphabet.charAt(random(alphabet.length))).join('')
}

function digits(random: Random, count: number): string {
  return pick(random, '0123456789', count)
}

function inFours(text: string): string {
  return text.replaceAll(/(.{4})(?=.)/g, '$1 ')
}

function dateOf(random: Random): string {
  const days = Date.UTC(2022, 0, 1) + random(6 * 365) * 86_400_000
  return new Date(days).toISOString().slice(0, 10).replaceAll('-', '')
}

function shortDateOf(random: Random): string {
  return dateOf(random).slice(2)
}

/** 41 bits of milliseconds since 2010 and 22 of machine and sequence. */
function snowflakeOf(random: Random): string {
  const ms = BigInt(1_770_000_000_000 + random(3e10) - 1_288_834_974_657)
  return String((ms << 22n) | BigInt(random(2 ** 22)))
}

function uuidOf(random: Random): string {
  const hex = pick(random, hexadecimal, 32)
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20)]
  return parts.join('-')
}

function withEanCheck(start: string): string {
  const sum = [...start].reduce((total, digit, index) => total + Number(digit) * (index % 2 === 0 ? 1 : 3), 0)
  return start + ((10 - (sum % 10)) % 10)
}

function withLuhnCheck(start: string): string {
  const sum = [...start].reverse().reduce((total, digit, index) => {
    const doubled = index % 2 === 0 ? Number(digit) * 2 : Number(digit)
    return total + (doubled > 9 ? doubled - 9 : doubled)
  }, 0)
  return start + ((10 - (sum % 10)) % 10)
}

function ibanOf(random: Random): string {
  const form = ibanForms[random(ibanForms.length)] ?? 'DE18n'
  const parts = [...form.slice(2).matchAll(/(\d+)([na])/g)].map(([, count, kind]) =>
    kind === 'n' ? digits(random, Number(count)) : pick(random, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', Number(count)),
  )
  return `${form.slice(0, 2)}${10 + random(88)}${parts.join('')}`
}

function telephoneOf(random: Random): string {
  const forms = [
    () => `+49 1${digits(random, 2)} ${digits(random, 8)}`,
    () => `+1 (${digits(random, 3)}) ${digits(random, 3)}-${digits(random, 4)}`,
    () => `+44 20 ${digits(random, 4)} ${digits(random, 4)}`,
    () => `+62 8${digits(random, 2)}-${digits(random, 4)}-${digits(random, 4)}`,
    () => `0049${digits(random, 11)}`,
    () => `62${digits(random, 11)}`,
  ]
  return forms[random(forms.length)]?.() ?? ''
}

function dhlOf(random: Random): string {
  const forms = [
    () => digits(random, 10),
    () => `JJD0${digits(random, 17)}`,
    () => `00340434${digits(random, 12)}`,
    () => `${pick(random, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 2)}${digits(random, 9)}DE`,
  ]
  return forms[random(forms.length)]?.() ?? ''
}
