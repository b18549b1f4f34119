import type { Bench } from '@fincore/payment-service/psp-gateway/conformance/bench'
import { startInbox } from '@fincore/payment-service/psp-gateway/conformance/inbox'
import { makeTls, startTlsServer } from '@fincore/payment-service/psp-gateway/testing/tls-server'
import { nextStep } from '../next-step.ts'
import { webhooks } from '../webhooks.ts'

/** newpsp's test environment, in which the suite can provoke all that an adapter must understand. */
export async function openNewpspBench(): Promise<Bench> {
  // A request to a PSP goes over TLS alone; `sender` trusts the certificate of this stand-in.
  const { tls, sender } = await makeTls()
  const standIn = await startTlsServer(tls, (_request, response) => {
    response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":{"code":"not_found"}}')
  })
  const inbox = await startInbox(webhooks.accepted)
  const close = async () => {
    standIn.close()
    await sender.close()
    inbox.close()
  }
  await close()
  throw new Error(
    nextStep(
      3,
      'testing/bench.ts',
      'answer as the PSP does at `standIn.origin`, or open its test environment, and return a Bench',
    ),
  )
}
