/** `npm run pack:node-sdk`: makes the tarball of `@fincore/node`, and says where it is. */
import { packNodeSdk } from './pack.ts'

console.log(await packNodeSdk())
