package emulator

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// EndpointVariable names the environment variable with the address of an
// emulator that all test processes share.
const EndpointVariable = "ROLLBOOK_ENDPOINT"

// T is what is used of a test.
type T interface {
	Helper()
	Fatalf(format string, args ...any)
	Cleanup(func())
}

var ofProcess = sync.OnceValues(func() (string, error) {
	if shared := os.Getenv(EndpointVariable); shared != "" {
		return shared, nil
	}
	dir, err := os.MkdirTemp("", "rollbook-emulator-")
	if err != nil {
		return "", err
	}
	e, err := Start(context.Background(), Options{Dir: dir, Remove: true})
	if err != nil {
		return "", err
	}
	return e.Endpoint, nil
})

// ForTest returns the settings of AWS clients for an emulator: the one that
// ROLLBOOK_ENDPOINT names, else one that this test process starts and shares
// between its tests. The test fails if there is none to be had.
func ForTest(t T) aws.Config {
	t.Helper()
	endpoint, err := ofProcess()
	if err != nil {
		t.Fatalf("no emulated AWS for this test: %v", err)
	}
	return Config(endpoint)
}

// unique returns a name that no other test of any process uses.
func unique(kind string) string {
	return kind + "-" + strings.ToLower(rand.Text())
}

// Index is an index of keys only: a string and a number.
type Index struct{ Name, Hash, Range string }

// Table makes an empty table with the string keys pk and sk and the indexes, as
// the template declares them, and deletes it after the test. It returns the
// table's name.
func Table(t T, conf aws.Config, indexes ...Index) string {
	t.Helper()
	db, name := dynamodb.NewFromConfig(conf), aws.String(unique("table"))
	in := &dynamodb.CreateTableInput{
		TableName:   name,
		BillingMode: dynamotypes.BillingModePayPerRequest,
		AttributeDefinitions: []dynamotypes.AttributeDefinition{
			{AttributeName: aws.String("pk"), AttributeType: dynamotypes.ScalarAttributeTypeS},
			{AttributeName: aws.String("sk"), AttributeType: dynamotypes.ScalarAttributeTypeS},
		},
		KeySchema: []dynamotypes.KeySchemaElement{
			{AttributeName: aws.String("pk"), KeyType: dynamotypes.KeyTypeHash},
			{AttributeName: aws.String("sk"), KeyType: dynamotypes.KeyTypeRange},
		},
	}
	for _, i := range indexes {
		in.AttributeDefinitions = append(in.AttributeDefinitions,
			dynamotypes.AttributeDefinition{AttributeName: &i.Hash, AttributeType: dynamotypes.ScalarAttributeTypeS},
			dynamotypes.AttributeDefinition{AttributeName: &i.Range, AttributeType: dynamotypes.ScalarAttributeTypeN})
		in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, dynamotypes.GlobalSecondaryIndex{
			IndexName:  &i.Name,
			Projection: &dynamotypes.Projection{ProjectionType: dynamotypes.ProjectionTypeKeysOnly},
			KeySchema: []dynamotypes.KeySchemaElement{
				{AttributeName: &i.Hash, KeyType: dynamotypes.KeyTypeHash},
				{AttributeName: &i.Range, KeyType: dynamotypes.KeyTypeRange},
			}})
	}
	_, err := db.CreateTable(context.Background(), in)
	// A busy emulator's answer may be lost, and the client then asks again: the
	// name is nobody else's, so the table that is there is ours.
	if _, there := errors.AsType[*dynamotypes.ResourceInUseException](err); err != nil && !there {
		t.Fatalf("make a table: %v", err)
	}
	t.Cleanup(func() {
		db.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: name})
	})
	return *name
}

// Bucket makes an empty bucket and returns its name.
func Bucket(t T, conf aws.Config, versioned bool) string {
	t.Helper()
	ctx, name := context.Background(), aws.String(unique("bucket"))
	client := s3.NewFromConfig(conf, func(o *s3.Options) { o.UsePathStyle = true })
	if _, err := client.CreateBucket(ctx, &s3.CreateBucketInput{
		Bucket:                    name,
		CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: Region},
	}); err != nil {
		t.Fatalf("make a bucket: %v", err)
	}
	if versioned {
		if _, err := client.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
			Bucket:                  name,
			VersioningConfiguration: &s3types.VersioningConfiguration{Status: s3types.BucketVersioningStatusEnabled},
		}); err != nil {
			t.Fatalf("keep versions in a bucket: %v", err)
		}
	}
	return *name
}
