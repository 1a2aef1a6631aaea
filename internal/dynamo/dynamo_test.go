package dynamo_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"rollbook/internal/dynamo"
	"rollbook/internal/local/emulator"
	"rollbook/internal/storetest"
)

func TestContacts(t *testing.T) {
	conf := emulator.ForTest(t)
	storetest.TestContacts(t, func(t *testing.T) storetest.Contacts {
		return dynamo.NewContacts(dynamodb.NewFromConfig(conf), emulator.Table(t, conf), emulator.Table(t, conf))
	})
}

func TestCatalogue(t *testing.T) {
	conf := emulator.ForTest(t)
	storetest.TestCatalogue(t, func(t *testing.T) storetest.Catalogue {
		return dynamo.NewCatalogue(dynamodb.NewFromConfig(conf), emulator.Table(t, conf))
	})
}

func TestJobs(t *testing.T) {
	conf := emulator.ForTest(t)
	storetest.TestJobs(t, func(t *testing.T, now func() time.Time) storetest.Jobs {
		return dynamo.NewJobs(dynamodb.NewFromConfig(conf), emulator.Table(t, conf), now)
	})
}
