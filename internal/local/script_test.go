package local_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rollbook/internal/local/emulator"
)

// What a deployment would fail of half an hour later is said before AWS is asked
// for anything.
func TestDeployingAsksForAGoodNameFirst(t *testing.T) {
	root, err := emulator.Root()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ stack, region, want string }{
		{"Rollbook", "eu-central-1", "small letters"},
		{"-rollbook", "eu-central-1", "small letters"},
		{"roll--book", "eu-central-1", "small letters"},
		{"theatre-of-the-northern-coasts", "eu-central-1", "may have 29"}, // 30
		{"theatre-of-the-northern-coas", "ap-southeast-2", "may have 27"}, // 28
		{"aws-rollbook", "eu-central-1", "'aws'"},
		{"theatre-of-the-northern-coast", "eu-central-1", "AWS says"}, // 29: the next is the account
	} {
		cmd := exec.Command(filepath.Join(root, ".local", "sam", "bin", "python"), filepath.Join(root, ".ci", "deploy.py"), "deploy", "--yes", "--stack="+c.stack, "--region", c.region)
		cmd.Env = []string{"AWS_ENDPOINT_URL=http://127.0.0.1:1", "AWS_ACCESS_KEY_ID=none", "AWS_SECRET_ACCESS_KEY=none", "AWS_MAX_ATTEMPTS=1"}
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), c.want) || strings.Contains(string(out), "Traceback") {
			t.Errorf("%s in %s: %v, %s; want %q", c.stack, c.region, err, out, c.want)
		}
	}
}

// A hidden parameter is told as asterisks, which must not become its value.
func TestDeployingAgainKeepsHiddenParameters(t *testing.T) {
	root, err := emulator.Root()
	if err != nil {
		t.Fatal(err)
	}
	const script = `
import json, sys
from types import SimpleNamespace
sys.path.insert(0, ".ci")
sys.dont_write_bytecode = True
import deploy
had = {"OriginSecret": "****", "OriginSecretToo": "****", "MailFrom": "a@b.example", "SenderIdentity": "address", "Architecture": "arm64", "WebAclArn": "arn:x"}
o = SimpleNamespace(parameter=["OriginSecretToo=new"], yes=True)
now = {"Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in had.items()]}
print(json.dumps(deploy.parameters_of(o, None, now)[0], sort_keys=True))
`
	cmd := exec.Command(filepath.Join(root, ".local", "sam", "bin", "python"), "-c", script)
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	const want = `{"Architecture": "arm64", "MailFrom": "a@b.example", "OriginSecretToo": "new", "SenderIdentity": "address", "WebAclArn": "arn:x"}`
	if err != nil || strings.TrimSpace(string(out)) != want {
		t.Errorf("%v: %s; want %s", err, out, want)
	}
}
