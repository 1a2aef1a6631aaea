package dynamo_test

import (
	"testing"

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
