# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Authorities and certificates for tests, made by openssl."""
import os
import subprocess


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


class Authority:
    def __init__(self, folder, name):
        self.folder = folder
        self.cert, self.key = os.path.join(folder, name + ".crt"), os.path.join(folder,
                                                                               name + ".key")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", self.key, "-out", self.cert, "-days", "30", "-subj", f"/CN={name}")
        self.database = os.path.join(folder, name + ".txt")
        self.config = os.path.join(folder, name + ".cnf")
        with open(self.database, "w", encoding="ascii"):
            pass
        with open(self.config, "w", encoding="ascii") as file:
            file.write(f"[ca]\ndefault_ca=d\n[d]\ndatabase={self.database}\n"
                       f"new_certs_dir={folder}\npolicy=p\ndefault_md=sha256\nrand_serial=yes\n"
                       "unique_subject=no\n[p]\ncommonName=supplied\n")

    def issue(self, name, names, start="20200101000000Z", end="20600101000000Z"):
        """Returns the paths of a certificate for these alternative names and of its key."""
        base = os.path.join(self.folder, name)
        extensions = base + ".ext"
        with open(extensions, "w", encoding="ascii") as file:
            file.write(f"subjectAltName={names}\n")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                base + ".key", "-out", base + ".csr", "-subj", f"/CN={name}")
        openssl("ca", "-batch", "-notext", "-config", self.config, "-cert", self.cert, "-keyfile",
                self.key, "-in", base + ".csr", "-out", base + ".crt", "-extfile", extensions,
                "-startdate", start, "-enddate", end)
        return base + ".crt", base + ".key"
