"""FreeRADIUS in a host of a lab: its configuration is written here, and it runs in the foreground."""
import os
import pathlib

from lab import LabError, Process, wait_for

SECRET = "a secret of the gateway and its server"
PROGRAM = pathlib.Path("/usr/sbin/freeradius")
DICTIONARY = "/usr/share/freeradius"

# Its parser wants a line for each thing.
CONFIG = """
prefix = /usr
localstatedir = {dir}
logdir = {dir}
libdir = /usr/lib/freeradius
raddbdir = {dir}
run_dir = {dir}
name = freeradius
max_request_time = 30
cleanup_delay = 5
max_requests = 1024
proxy_requests = no
log {{
  destination = stdout
}}
security {{
  reject_delay = 0
  status_server = no
}}
client gateway {{
  ipaddr = 127.0.0.1
  secret = "{secret}"
  require_message_authenticator = yes
}}
modules {{
  files {{
    usersfile = {dir}/users
  }}
  pap {{
  }}
  mschap {{
    use_mppe = yes
    require_encryption = yes
    require_strong = yes
  }}
  eap {{
    default_eap_type = {method}
    timer_expire = 60
    max_sessions = 1024
    md5 {{
    }}
    mschapv2 {{
    }}
{tls}
  }}
}}
server default {{
  listen {{
    type = auth
    ipaddr = 127.0.0.1
    port = {port}
  }}
  authorize {{
    eap {{
      ok = return
    }}
    files
  }}
  authenticate {{
    Auth-Type MS-CHAP {{
      mschap
    }}
    eap
  }}
  post-auth {{
    Post-Auth-Type REJECT {{
      update reply {{
        Reply-Message := "not with that password"
      }}
      eap
    }}
  }}
}}
"""

TLS = """
    tls-config tls-common {{
      private_key_file = {dir}/server.key
      certificate_file = {dir}/server.pem
      ca_file = {dir}/root.pem
      tls_min_version = "1.2"
      tls_max_version = "1.2"
      random_file = /dev/urandom
      ecdh_curve = prime256v1
      fragment_size = 1024
    }}
    tls {{
      tls = tls-common
    }}
    ttls {{
      tls = tls-common
      default_eap_type = mschapv2
      virtual_server = default
    }}
    peap {{
      tls = tls-common
      default_eap_type = mschapv2
      virtual_server = default
    }}
"""


class FreeRadius:
    """`users`: names and their passwords. `own`, `root`: certificates, where methods over TLS are wanted."""

    def __init__(self, host, users, method="mschapv2", port=1812, secret=SECRET, own=None, root=None):
        self.dir = host.dir / f"freeradius-{port}"
        self.dir.mkdir(exist_ok=True)
        self.host, self.log = host, self.dir / "output"
        tls = ""
        if own:
            (self.dir / "server.pem").write_bytes(own.certificate.read_bytes())
            (self.dir / "server.key").write_bytes(own.key.read_bytes())
            (self.dir / "root.pem").write_bytes(root.certificate.read_bytes())
            tls = TLS.format(dir=self.dir)
        lines = [f'"{name}" Cleartext-Password := "{password}"' for name, password in users.items()]
        (self.dir / "users").write_text("\n".join(lines) + "\n", encoding="utf-8")
        (self.dir / "dictionary").write_text(f"$INCLUDE {DICTIONARY}/dictionary\n", encoding="utf-8")
        (self.dir / "radiusd.conf").write_text(CONFIG.format(dir=self.dir, method=method, port=port, secret=secret, tls=tls),
                                               encoding="utf-8")
        self.process = None

    def start(self):
        command = [*self.host.exec_prefix(), PROGRAM, "-f", "-X", "-d", self.dir, "-n", "radiusd"]
        self.process = Process(command, self.log)
        wait_for(lambda: "Ready to process requests" in self.text() or not self.process.alive(), "FreeRADIUS takes requests", 30)
        if not self.process.alive():
            raise LabError(f"FreeRADIUS ended at its start:\n{self.text()[-3000:]}")
        return self

    def text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def stop(self):
        if self.process:
            self.process.stop()
            self.process = None


def missing():
    return None if os.access(PROGRAM, os.X_OK) else "needs FreeRADIUS (package freeradius)"
