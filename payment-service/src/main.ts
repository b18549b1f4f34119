import { loadConfig } from './config.ts'
import { describeError } from './log.ts'
import { StartError } from './start-error.ts'
import { stopsWithinMs } from './stop-sequence.ts'

/** The entry: reads the settings, starts the roles, and ends cleanly when told to. */
async function main(): Promise<void> {
  const flag = process.argv.indexOf('--roles')
  const config = loadConfig(process.env, flag === -1 ? undefined : (process.argv[flag + 1] ?? ''))
  // Only now, so that what is wrong with settings is told at once; and with the database, before all the rest is read.
  const { checkDatabase, migrateAtStart } = await import('./start-checks.ts')
  if (config.migrationsDatabaseUrl !== null) await migrateAtStart(config, config.migrationsDatabaseUrl)
  await checkDatabase(config)
  const { startPaymentService } = await import('./payment-service.ts')
  const service = await startPaymentService(config)
  const stop = () => {
    // A call to a PSP that has begun may take its whole time, and then its outcome is written. What takes still longer
    // must not keep the process for ever: everything survives an end at any moment.
    setTimeout(() => process.exit(1), stopsWithinMs(config)).unref()
    service.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  }
  // A second one ends the wait for load balancers, and cuts nothing short that was begun.
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  // Last, because whoever reads it may end this process at once, and that must be a clean end.
  process.stdout.write(`listening ${JSON.stringify(service.addresses)}\n`)
}

/** A bug that nobody caught: the message could quote what somebody sent, so only its kind and place are told. */
function crash(error: unknown): void {
  process.stderr.write(`payment-service: a fault, ending: ${JSON.stringify(describeError(error))}\n`)
  process.exit(1)
}
process.on('uncaughtException', crash)
process.on('unhandledRejection', crash)

main().catch((error: unknown) => {
  const line =
    error instanceof StartError
      ? error.message
      : `payment-service cannot start, for a reason that it does not know: ${JSON.stringify(describeError(error))}`
  process.stderr.write(`${line}\n`)
  process.exit(1)
})
