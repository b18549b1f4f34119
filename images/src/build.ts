/** The step of the image's build that makes the bundle, where its files lie as in the repository. */
import { bundlePaymentService } from './bundle.ts'

const packages = await bundlePaymentService()
console.log(`The payment service is one program, with ${packages.length} packages of others in it.`)
