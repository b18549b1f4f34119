/**
 * `npm run psp:requests -- --psp NAME`: every request that the PSP's adapter can send, one JSON line each, for whoever
 * wants to hold them against the PSP's own definition. No request is sent. How many there are goes to standard error.
 */
import { parseArgs } from 'node:util'
import { everyRequest, type Sample, showRequest } from '@fincore/payment-service/psp-gateway/every-request'
import { pspNames, psps } from '@fincore/payment-service/psp-gateway/registry'

/** Fixed, so that the lines of two runs can be compared. */
const now = new Date('2030-01-01T12:00:00Z')

async function printRequests(name: string | undefined): Promise<number> {
  const psp = pspNames.find((one) => one === name)
  if (psp === undefined) {
    console.error(`Say of which PSP: npm run psp:requests -- --psp ${pspNames.join('|')}`)
    return 1
  }
  const { sample }: { sample: Sample } = await import(`@fincore/payment-service/psp-gateway/${psp}/testing/sample`)
  let count = 0
  for (const named of everyRequest(psps[psp], sample.account, sample.names, now)) {
    console.log(JSON.stringify(showRequest(named, sample.account)))
    count += 1
  }
  console.error(`${count} distinct requests of the ${psp} adapter.`)
  return 0
}

try {
  process.exitCode = await printRequests(parseArgs({ options: { psp: { type: 'string' } } }).values.psp)
} catch (error) {
  // An adapter that is not finished says what is next.
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
