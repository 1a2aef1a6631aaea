package blob_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"rollbook/internal/aws/blob"
	"rollbook/internal/aws/tenant"
)

// The page may send files where the forms say, and nobody has to be allowed to sign
// one to know where that is: the function of the API starts before any request.
func TestOriginIsThatOfForms(t *testing.T) {
	for _, region := range []string{"us-east-1", "eu-central-1", "cn-north-1"} {
		for _, endpoint := range []*string{nil, aws.String("http://127.0.0.1:4566")} {
			conf := aws.Config{Region: region, BaseEndpoint: endpoint, Credentials: credentials.NewStaticCredentialsProvider("AKID", "SECRET", "")}
			form, _, err := blob.New(blob.Client(conf), "house-uploads").SignPost(t.Context(), "uploads/opera/i1", 1, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			got, err := blob.New(blob.Client(conf, tenant.Objects), "house-uploads").Origin(t.Context())
			if rest, ok := strings.CutPrefix(form, got); err != nil || !ok || rest != "" && rest[0] != '/' {
				t.Errorf("%s: origin %q (%v) of forms for %q", region, got, err, form)
			}
		}
	}
}
