import { CfnRepository } from 'aws-cdk-lib/aws-ecr'
import { RemovalPolicy } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import type { Keys } from '../data/keys.ts'
import type { Environment } from '../environments.ts'
import { collectorImage } from '../metrics/collector-image.ts'

const imageNames = ['payment-service', 'card-relay', collectorImage.name] as const
export type Images = Record<(typeof imageNames)[number], { repositoryArn: string; uri: string }>

/**
 * The registry's repositories: of what is built here, and of the collector's copy. A tag is written once, so that a release is
 * always the same image.
 */
export function createRepositories(scope: Construct, environment: Environment, keys: Keys): Images {
  const home = new Construct(scope, 'Images')
  const repositories = imageNames.map((image) => {
    const repository = new CfnRepository(home, image, {
      repositoryName: `fincore-${environment.name}/${image}`,
      imageTagMutability: 'IMMUTABLE',
      imageScanningConfiguration: { scanOnPush: true },
      encryptionConfiguration: { encryptionType: 'KMS', kmsKey: keys.images.keyArn },
    })
    repository.applyRemovalPolicy(RemovalPolicy.RETAIN)
    return [image, { repositoryArn: repository.attrArn, uri: repository.attrRepositoryUri }]
  })
  return Object.fromEntries(repositories) as Images
}
