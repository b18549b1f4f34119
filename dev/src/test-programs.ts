import { pathInRepository } from './managed-process.ts'

/**
 * What a test starts of the payment service, as absolute paths: the sources, or, in a run of many tests, the programs that
 * the image has, which start in half the time.
 */
export const testPrograms = {
  paymentService: pathInRepository(process.env.TEST_PAYMENT_SERVICE ?? 'payment-service/src/main.ts'),
  fincore: pathInRepository(process.env.TEST_FINCORE ?? 'payment-service/src/cli.ts'),
}
