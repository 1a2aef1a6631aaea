package blob

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Client returns an S3 client. With an endpoint of its own in the settings, as
// an emulator has, buckets are a part of the path: such an endpoint has no host
// name for each.
func Client(conf aws.Config) *s3.Client {
	return s3.NewFromConfig(conf, func(o *s3.Options) { o.UsePathStyle = conf.BaseEndpoint != nil })
}
