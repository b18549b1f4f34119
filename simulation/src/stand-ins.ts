import { registerHooks } from 'node:module'

/**
 * The three modules of the payment service that touch the world outside, and what stands in for each: the rounds of
 * jobs, so that rounds without work cost nothing; the sending of webhooks; and ids, which must follow from the seed. All
 * else is the payment service's own code as it is, with what `Deps` hands it.
 */
const standIns: Readonly<Record<string, string>> = {
  '/payment-service/src/jobs/run-every.ts': './stand-ins/run-every.ts',
  '/payment-service/src/webhooks/outbox/send-webhook.ts': './stand-ins/send-webhook.ts',
  '/payment-service/src/ids.ts': './stand-ins/ids.ts',
}

/** From now on whoever imports one of them gets its stand-in; the stand-ins themselves get the real ones. */
export function useStandIns(): void {
  registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context)
      const name = Object.keys(standIns).find((path) => found.url.endsWith(path))
      const isOwn = context.parentURL?.includes('/simulation/src/stand-ins/') ?? false
      if (name === undefined || isOwn) return found
      return { ...found, url: new URL(standIns[name] ?? '', import.meta.url).href }
    },
  })
}
