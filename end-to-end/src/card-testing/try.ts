import type { Attack } from './attacks.ts'
import { measureAttack, measureHonestDay } from './figures.ts'

const seeds = Array.from({ length: Number(process.argv[2] ?? 20) }, (_, i) => i + 1)
const base: Attack = {
  flow: 'token',
  addresses: 'one',
  bins: 'many',
  declines: 'telling',
  approvedShare: 0.02,
  amount: 100n,
  parallel: 1,
}
for (const flow of ['token', 'raw_card', 'hosted'] as const)
  for (const [addresses, bins] of [
    ['one', 'many'],
    ['many', 'one'],
    ['many', 'many'],
    ['none', 'many'],
    ['none', 'one'],
  ] as const)
    for (const [declines, amount, parallel, approvedShare] of [
      ['telling', 100n, 1, 0.02],
      ['generic', 100n, 1, 0.02],
      ['telling', 4900n, 1, 0.02],
      ['generic', 4900n, 1, 0.02],
      ['telling', 100n, 8, 0.02],
      ['telling', 100n, 1, 0.1],
      ['telling', 100n, 50, 0.02],
    ] as const) {
      const f = await measureAttack(
        { ...base, flow, addresses, bins, declines, amount, parallel, approvedShare },
        seeds,
        300,
      )
      console.log(
        flow.padEnd(9),
        addresses,
        bins,
        declines,
        amount,
        'x' + parallel,
        approvedShare,
        'median',
        f.median,
        'worst',
        f.worst,
        f.blockedBy.join(),
      )
    }
for (let seed = 1; seed <= Number(process.argv[3] ?? 3); seed++) {
  console.time('day')
  console.log(await measureHonestDay(seed))
  console.timeEnd('day')
}
