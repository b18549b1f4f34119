/** Ranges of IPv4 addresses, as `10.0.0.0/16`. */

export function overlap(one: string, other: string): boolean {
  const [a, b] = [boundsOf(one), boundsOf(other)]
  return a.first <= b.last && b.first <= a.last
}

export function covers(outer: string, inner: string): boolean {
  const [a, b] = [boundsOf(outer), boundsOf(inner)]
  return a.first <= b.first && b.last <= a.last
}

function boundsOf(range: string): { first: number; last: number } {
  const [address = '', bits = '32'] = range.split('/')
  const start = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  const size = 2 ** (32 - Number(bits))
  const first = Math.floor(start / size) * size
  return { first, last: first + size - 1 }
}
