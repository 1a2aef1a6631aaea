package blob_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"rollbook/internal/aws/blob"
	"rollbook/internal/local/emulator"
	"rollbook/internal/testing/storetest"
)

func pathStyle(o *s3.Options) { o.UsePathStyle = true }

func TestBlobs(t *testing.T) {
	conf := emulator.ForTest(t)
	storetest.TestBlobs(t, func(t *testing.T) storetest.Blobs {
		return blob.New(s3.NewFromConfig(conf, pathStyle), emulator.Bucket(t, conf, true))
	})
}
