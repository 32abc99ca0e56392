/*
 * tlsknown: secrets of TLS 1.3, and what follows from them, in hex digits.
 *
 * Where the known answers come from: those of AES-128-GCM are of RFC 8448,
 * section 3. What is not there, the secrets that follow and the other suites,
 * was made from the secret and RFC 8446 with Python's hmac and the package
 * cryptography.
 */
#ifndef TLSKNOWN_H
#define TLSKNOWN_H

#include <stdint.h>

enum { AES_128 = 0x1301, AES_256 = 0x1302, CHACHA = 0x1303 };

struct known {
	uint16_t suite;
	uint64_t before; /* records that went before */
	const char *secret, *key, *iv;
	const char *data, *alert; /* 0 to 49; close_notify */
	const char *next_secret, *next_key, *next_iv, *next_data;
};

static const struct known known[] = {
	{ /* the client of RFC 8448 */
	    AES_128, 0,
	    "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5",
	    "17422dda596ed5d9acd890e3c63f5051", "5b78923dee08579033e523d9",
	    "1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b"
	    "9819a8a5b46b395bd54a9a20441e2b62974e1f5a6292a2977014bd1e3deae63aee"
	    "bb21694915e4",
	    "1703030013c9872760655666b74d7ff1153efd6db6d0b0e3",
	    "fcdfcc72725aaee48bf64e4fd8b749cdbdbab39d90da0b26e2245ca6ea167207",
	    "3879d82f5f14056e623f2ce5bfc66fce", "5dfb2c5938c3379b6cc5d1f2",
	    "170303004308dab385c781c25090659835dd8d7c1d003c6ec2e6a058caf903c165"
	    "80776a1b2ab63e00cdedf2c514502b8a361881663b197b2577d50a5707081e221d"
	    "eb8ed217c624" },
	{ /* its server, behind a ticket */
	    AES_128, 1,
	    "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643",
	    "9f02283b6c9c07efc26bb9f2ac92e356", "cf782b88dd83549aadf1e984",
	    "17030300432e937e11ef4ac740e538ad36005fc4a46932fc3225d05f82aa1b36e3"
	    "0efaf97d90e6dffc602dcb501a59a8fcc49c4bf2e5f0a21c0047c2abf332540dd0"
	    "32e167c2955d",
	    "1703030013b58fd67166ebf599d24720cfbe7efa7a8864a9",
	    "51921b8aa3001976eb401d0a4319a8516416a6c56001a357e5d162031e84f916",
	    "2e63be99d67b39097feb9786cf7a15a0", "628a0a8298ac953baef4255a",
	    "170303004377ab065981bed2a2301ff7364099a76efccfb0cb41823b21f783c03b"
	    "ba01a8736a21e89bd7f58512b41efaa824ef67967fda1c152bdc8ac9baf1e7ac37"
	    "450a0dbd1e73" },
	{ AES_256, 0,
	    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	    "202122232425262728292a2b2c2d2e2f",
	    "6877d022f1c61d24ebb7487c16752d9a4798e40431c75b39320e537c90e23225",
	    "42822531a0fe88648fc09e9f",
	    "170303004348367d3f1108b08299cd5fedf3577a5ad5cbaf77a508fec38da5043a"
	    "10a17591aca668892875dc0cc35598125d1739778481ad6b3da865967b5b460f25"
	    "cdc79ab1e2a4",
	    "17030300139c116c3e91351ee98b035914032125eeb7a7b5",
	    "401331b63e9d59f202e8f041042d9516f4cd7fa2e2ee14631d3b49fc340d7af37f"
	    "c2c0c9f252d8036f81ec5b85cbe5db",
	    "eb354f3b48924ed78de34dd8aa6a6a0a51d857ddad1454d5cfa7b69f60712911",
	    "8478ffbe4f2e5450789775b3",
	    "17030300432c94a18483039971a2c635db45ddb005b36c211a51c553eda5f85efa"
	    "e675f3fea821dfe75bd597cc0a73e44d8d260bb6a152b274b1f3033d3aee8f8c37"
	    "3f0f4a85559a" },
	{ CHACHA, 0,
	    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
	    "2ffbc449e87844051c7768f61ffd8ad070830f01ec2c520ef65f08e8296dffa0",
	    "2f41c846a431a163814bcd71",
	    "1703030043b2af69fd0370bce6e76492cfb7f8401795fa1a4546c7bfed20d89ad1"
	    "2bc2ac1576aa5155807633918427cb7ba1461950b97e4cc2ff8e8de1630a6c9a6b"
	    "11e07a79b169",
	    "17030300130ab5207c9c5d0507de52641222a7c356932005",
	    "2cecd0a17506ef5fa73edc062d6e7b5397cf074ec1b4d8f99a120772932f0b45",
	    "c690ede9a7525f64b759094f3bda2da3b5b52e50cffacd89a37bdf85affdd091",
	    "4ef68fed17d39b5f23bb4b30",
	    "1703030043120a33f836a4c09640c4fee976946fbdb7a54feaad5286a3f53fba5d"
	    "fc3d397ae96db069acd3ae9884a88aa9ebdeaccb717b35c7f706c39d023f5d07ba"
	    "7ee60e92da09" },
};
enum { KNOWN = sizeof known / sizeof known[0] };

#endif
