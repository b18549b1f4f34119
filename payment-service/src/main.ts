import { loadConfig } from './config.ts'
import { startPaymentService } from './payment-service.ts'

/** The entry: reads the settings, starts the roles, and ends cleanly when told to. */
async function main(): Promise<void> {
  const flag = process.argv.indexOf('--roles')
  const config = loadConfig(process.env, flag === -1 ? undefined : process.argv[flag + 1])
  const service = await startPaymentService(config)
  process.stdout.write(`listening ${JSON.stringify(service.addresses)}\n`)
  const stop = () => {
    // A second signal, or a shutdown that hangs, must not keep the process for ever.
    setTimeout(() => process.exit(1), 10_000).unref()
    void service.stop().then(() => process.exit(0))
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : 'The payment service could not start'}\n`)
  process.exit(1)
})
