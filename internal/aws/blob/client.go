package blob

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"rollbook/internal/aws/awsfault"
)

// transferFor is how long one attempt may take with its body, which is 8 MB at
// most: less than the function of the API has.
const transferFor = 20 * time.Second

// Client returns an S3 client. With an endpoint of its own in the settings, as
// an emulator has, buckets are a part of the path: such an endpoint has no host
// name for each.
func Client(conf aws.Config, options ...func(*s3.Options)) *s3.Client {
	return s3.NewFromConfig(conf, append(options, func(o *s3.Options) {
		o.UsePathStyle = conf.BaseEndpoint != nil
		if c, ok := o.HTTPClient.(*awshttp.BuildableClient); ok {
			o.HTTPClient = c.WithTimeout(transferFor)
		}
	})...)
}

// Origin returns scheme and host of the addresses that SignPost gives, for a
// page's content security policy. Nothing is signed or asked for it.
func (s *Blobs) Origin(ctx context.Context) (string, error) {
	o := s.client.Options()
	e, err := o.EndpointResolverV2.ResolveEndpoint(ctx, s3.EndpointParameters{Bucket: &s.bucket, Region: &o.Region, Endpoint: o.BaseEndpoint, ForcePathStyle: &o.UsePathStyle})
	if err != nil {
		return "", awsfault.Of(err)
	}
	return e.URI.Scheme + "://" + e.URI.Host, nil
}
