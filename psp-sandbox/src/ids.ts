import { randomBytes } from 'node:crypto'

const crockford = '0123456789abcdefghjkmnpqrstvwxyz'

/** A new id: the prefix, `_`, and a UUIDv7 (RFC 9562) in Crockford base 32, so that ids sort by time. */
export function newId(prefix: string, nowMs: number): string {
  const random = randomBytes(10)
  let value = BigInt(nowMs) << 80n
  value |= 7n << 76n
  value |= (BigInt(random.readUInt16BE(0)) & 0xfffn) << 64n
  value |= 2n << 62n
  value |= random.readBigUInt64BE(2) & 0x3fff_ffff_ffff_ffffn
  let text = ''
  for (let digit = 25n; digit >= 0n; digit--) text += crockford[Number((value >> (digit * 5n)) & 31n)]
  return `${prefix}_${text}`
}

/** 256 random bits in base64url: for keys and for addresses that only their holder may know. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}
