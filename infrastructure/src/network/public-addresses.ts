import { CfnPrefixList } from 'aws-cdk-lib/aws-ec2'
import type { Construct } from 'constructs'
import type { Environment } from '../environments.ts'

/** Private networks (RFC 1918), and what is no address of one host: multicast and above. */
const notPublic = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '224.0.0.0/3']

/**
 * All addresses but the private ones, as ranges. A rule "to anywhere" would also open the way to every load balancer and
 * endpoint of the VPC; a rule to these does not. A security group has room for 60 rules, and each range counts as one.
 */
export function publicRanges(): string[] {
  let ranges = [{ start: 0, bits: 0 }]
  for (const excluded of notPublic.map(parse)) {
    ranges = ranges.flatMap((range) => (contains(range, excluded) ? without(range, excluded) : [range]))
  }
  return ranges.map(({ start, bits }) => `${[24, 16, 8, 0].map((shift) => (start >>> shift) & 255).join('.')}/${bits}`)
}

/** The list that security groups name. */
export function createPublicAddresses(scope: Construct, environment: Environment): CfnPrefixList {
  const ranges = publicRanges()
  return new CfnPrefixList(scope, 'PublicAddresses', {
    prefixListName: `fincore-${environment.name}-public-addresses`,
    addressFamily: 'IPv4',
    maxEntries: ranges.length,
    entries: ranges.map((cidr) => ({ cidr })),
  })
}

type Range = { start: number; bits: number }

function parse(text: string): Range {
  const [address = '', bits = '32'] = text.split('/')
  const start = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  return { start, bits: Number(bits) }
}

function contains(outer: Range, inner: Range): boolean {
  return (
    outer.bits <= inner.bits &&
    Math.floor(inner.start / 2 ** (32 - outer.bits)) * 2 ** (32 - outer.bits) === outer.start
  )
}

/** Halves the range until what is excluded is one of the halves. */
function without(range: Range, excluded: Range): Range[] {
  if (range.bits === excluded.bits) return []
  const bits = range.bits + 1
  const halves = [range.start, range.start + 2 ** (32 - bits)].map((start) => ({ start, bits }))
  return halves.flatMap((half) => (contains(half, excluded) ? without(half, excluded) : [half]))
}
