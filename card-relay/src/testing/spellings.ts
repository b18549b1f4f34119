/** The ways to write digits that a PSP's echo may have, as the text of a value. `json`: the text is JSON's own already. */
export type Spelling = { name: string; text: string; isJson?: true }

/** Each way, for a card number or a code. Written with other means than the relay's search, which it is held against. */
export function spellDigits(digits: string): Spelling[] {
  const escaped = (digit: string) => `\\u00${digit.charCodeAt(0).toString(16)}`
  const percent = (text: string) => text.replace(/./g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
  const hex = Buffer.from(digits).toString('hex')
  const even = digits.length % 2 === 0 ? digits : `0${digits}`
  const utf16 = Buffer.from(digits, 'utf16le')
  return [
    { name: 'plain', text: digits },
    { name: 'with spaces', text: digits.replace(/\d{2}(?=\d)/g, '$& ') },
    { name: 'with dashes', text: digits.replace(/\d{2}(?=\d)/g, '$&-') },
    { name: 'with a no-break space', text: `${digits.slice(0, 2)}\u00a0${digits.slice(2)}` },
    { name: 'over lines', text: digits.replace(/\d{2}(?=\d)/g, '$&\r\n') },
    { name: 'with spaces around it', text: `\t ${digits}\n` },
    { name: 'UTF-16, little-endian', text: utf16.toString('latin1') },
    { name: 'UTF-16, big-endian', text: utf16.swap16().toString('latin1') },
    { name: 'base64', text: Buffer.from(digits).toString('base64') },
    { name: 'base64 for addresses', text: Buffer.from(digits).toString('base64url') },
    { name: 'hexadecimal', text: hex },
    { name: 'hexadecimal with spaces', text: hex.replace(/..(?=.)/g, '$& ') },
    { name: 'packed decimal', text: Buffer.from(even, 'hex').toString('latin1') },
    {
      name: 'packed decimal, filled with F',
      text: Buffer.from(digits.length % 2 ? `${digits}f` : digits, 'hex').toString('latin1'),
    },
    { name: 'percent-encoded', text: percent(digits) },
    { name: 'percent-encoded in part', text: percent(digits.slice(0, 1)) + digits.slice(1) },
    { name: 'with encoded dashes', text: digits.replace(/\d{2}(?=\d)/g, '$&%2D') },
    { name: 'JSON escapes', text: digits.replace(/\d/g, escaped), isJson: true },
    { name: 'one JSON escape', text: escaped(digits.slice(0, 1)) + digits.slice(1), isJson: true },
    {
      name: 'JSON escapes in JSON in JSON',
      text: digits.replace(/\d/g, (digit) => `\\${escaped(digit)}`),
      isJson: true,
    },
    { name: 'percent signs as JSON escapes', text: percent(digits).replaceAll('%', '\\u0025'), isJson: true },
  ]
}

/** The same, where it may stand in the middle of something else. */
export function spellInside(digits: string): Spelling[] {
  const around = (before: string, after: string) => Buffer.from(before + digits + after)
  return [
    ...spellDigits(digits),
    { name: 'inside other digits', text: `99${digits}99` },
    { name: 'in words', text: `card no. ${digits} was refused` },
    { name: 'after a percent sign', text: `100%${digits}` },
    { name: 'in JSON in JSON', text: JSON.stringify({ card: { number: digits } }) },
    { name: 'base64, shifted by one', text: around('x', 'yz').toString('base64') },
    { name: 'base64, shifted by two', text: around('xy', 'z').toString('base64') },
    { name: 'base64 of JSON', text: around('{"number":"', '"}').toString('base64') },
    { name: 'hexadecimal of JSON', text: around('{"number":"', '"}').toString('hex').toUpperCase() },
    {
      name: 'packed decimal, shifted by half a byte',
      text: Buffer.from(
        `1${digits}${'1'.repeat(1 + ((digits.length + 1) % 2))}`.slice(0, digits.length + 2 - (digits.length % 2)),
        'hex',
      ).toString('latin1'),
    },
  ]
}

export function quote({ text, isJson }: Spelling): string {
  return isJson ? `"${text}"` : JSON.stringify(text)
}

/** True when the texts say the digits in any of these ways. Decodes, where the relay's search compares. */
export function saysDigits(texts: readonly string[], digits: string): boolean {
  // A letter between them, or the end of one and the beginning of the next could be taken for the digits.
  const text = texts.join('\nx\n')
  const signOf = (_: string, code: string) => String.fromCharCode(Number.parseInt(code, 16))
  const escaped = text.replace(/\\+u00([0-9a-f]{2})/gi, signOf)
  const plain = [text, escaped, text.replace(/%([0-9a-f]{2})/gi, signOf), escaped.replace(/%([0-9a-f]{2})/gi, signOf)]
  const base64 = text.replace(/[^\w+/-]/g, '')
  const inBase64 = [0, 1, 2, 3].map((at) => Buffer.from(base64.slice(at), 'base64').toString('latin1'))
  const hexRuns = text.replace(/[^0-9a-z\n]/gi, '').match(/[0-9a-f]{6,}/gi) ?? []
  const inHex = hexRuns.flatMap((run) => [0, 1].map((at) => Buffer.from(run.slice(at), 'hex').toString('latin1')))
  const packed = Buffer.from(escaped, 'latin1').toString('hex')
  return (
    [...plain, ...inBase64, ...inHex].some((one) => one.replace(/[^0-9a-z]/gi, '').includes(digits)) ||
    packed.includes(digits)
  )
}
