package blob

import (
	"context"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Client returns an S3 client. With an endpoint of its own in the settings, as
// an emulator has, buckets are a part of the path: such an endpoint has no host
// name for each.
func Client(conf aws.Config) *s3.Client {
	return s3.NewFromConfig(conf, func(o *s3.Options) { o.UsePathStyle = conf.BaseEndpoint != nil })
}

// Origin returns scheme and host of the addresses that SignPost gives, for a
// page's content security policy.
func (s *Blobs) Origin(ctx context.Context) (string, error) {
	address, _, err := s.SignPost(ctx, "origin", 0, time.Minute)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	return u.Scheme + "://" + u.Host, nil
}
